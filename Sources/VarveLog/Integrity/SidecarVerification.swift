internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Goes through one segment's sidecar: every block, the seal, and the files that it names; and
/// lends what the segment's batches are held against.
struct SidecarVerification: Sendable {
    private let sidecar: SegmentSidecar
    private let look: SidecarLook
    private let logSize: Int
    private var check: SidecarCheck?
    /// Whether batches are there that the sidecar does not cover.
    private var uncovered: FilePosition?

    /// - Parameter trust: what the directory's root says of the sidecar.
    init(
        _ paths: SegmentPaths, of log: LogIdentity, trust: SidecarTrust, logSize: Int,
        in fileSystem: any FileSystem
    ) throws(LogError) {
        sidecar = SegmentSidecar(paths, of: log, trust: trust, access: .copied, in: fileSystem)
        look = try sidecar.look()
        check = sidecar.check()
        self.logSize = logSize
    }

    /// Whether there is a sidecar at all.
    var isThere: Bool { look.isThere }

    /// What is wrong with the whole batch at `position`; nil when nothing is known to be.
    mutating func defect(of batch: RawSpan, at position: FilePosition) -> IntegrityDefect? {
        switch check?.verdict(on: batch, position: position.bytes) {
        case .damaged(let defect): return defect
        case .sound, .blind: return nil
        case .notCovered, nil:
            uncovered = uncovered ?? position
            return nil
        }
    }

    /// Reports what is wrong with the sidecar itself, and what it says of other files.
    func report(isSealed: Bool, _ scope: inout VerificationScope) throws(LogError) {
        let path = sidecar.paths.sidecar
        guard look.isThere, look.fileSize > 0 else {
            if let problem = look.problem { scope.find(.sidecar(problem), in: path) }
            return
        }
        if let problem = look.problem { scope.find(.sidecar(problem), in: path) }
        reportBlocks(path, &scope)
        try reportSeal(isSealed: isSealed, &scope)
        if let origin = look.origin, origin.manner == .rebuilt {
            scope.find(
                .note(
                    "covered from byte \(origin.start) of the log on, since \(origin.since): "
                        + "what went wrong before was not noticed"),
                in: path)
        }
        if let uncovered, look.coverage != nil {
            scope.find(.note("batches from byte \(uncovered) on have no entry"), in: path)
        }
    }

    private func reportBlocks(_ path: String, _ scope: inout VerificationScope) {
        let size = SidecarLayout.blockSize
        let blockCount = look.fileSize / size
        var window = SidecarWindow(SidecarSource(path: path, fileSystem: scope.fileSystem))
        let survey = SidecarSurvey(&window, blockCount: blockCount, seed: sidecar.seed)
        guard !survey.isForeign else { return }
        for number in survey.unsound(seed: sidecar.seed) {
            let start = FilePosition(number * size)
            scope.find(
                .sidecar("the block is damaged: its batches have their own checksums alone"),
                in: path, at: start..<start.advanced(by: size))
        }
        if look.fileSize % size != 0 {
            let start = FilePosition(blockCount * size)
            scope.find(
                .sidecar("bytes behind the last block"), in: path,
                at: start..<FilePosition(look.fileSize))
        }
    }

    private func reportSeal(
        isSealed: Bool, _ scope: inout VerificationScope
    ) throws(LogError) {
        guard let seal = look.seal else { return }
        if isSealed, seal.logSize != Int64(logSize) {
            scope.findUnlessNamed(
                Finding(
                    .notAsClosed("\(logSize) bytes, \(seal.logSize) were sealed"),
                    in: sidecar.paths.log))
        }
        guard seal.logSize == Int64(logSize) else { return }
        let paths = sidecar.paths
        let files = [
            (paths.offsetIndex, seal.offsetIndex), (paths.timeIndex, seal.timeIndex),
        ]
        for (path, sealed) in files {
            let found = try wrapping { () throws(FileError) in
                try FileSeal(at: path, in: scope.fileSystem)
            }
            if found != sealed {
                scope.findUnlessNamed(
                    Finding(.indexIncomplete("it is not what was sealed"), in: path))
            }
        }
    }
}
