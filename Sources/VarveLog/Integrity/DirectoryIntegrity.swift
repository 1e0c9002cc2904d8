internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Who closed a data directory last, and what its files were then.
///
/// Made by looking; `settle` removes what no longer holds.
struct DirectoryIntegrity: Sendable {
    /// What can be said of the files.
    enum Standing: Hashable, Sendable {
        /// Varve closed the directory, and the root says what is in it.
        case closed(IntegrityRoot)
        /// Another program opened it since: no sidecar can be believed.
        case takenOver
        /// Nothing was closed, or nobody says what: sidecars are believed as far as they describe
        /// their files.
        case found
    }

    let directory: String
    var standing: Standing
    /// Damaged roots, and files of the directory that are not what the root says.
    private(set) var findings: [Finding] = []
    /// The sequence that the next root must pass.
    private(set) var lastSequence: Int64 = 0
    /// Names in the directory that are not what the root says.
    private(set) var damaged: Set<String> = []
    /// What the last clean close said, where the life that it ended with was not closed itself.
    private(set) var left: IntegrityRoot?
    /// Logs that this life closed, or found to be as they were closed, by the name of their folder.
    var rested: [String: IntegrityRoot.LogLine] = [:]
    let fileSystem: any FileSystem

    var root: IntegrityRoot? {
        if case .closed(let root) = standing { root } else { nil }
    }

    /// - Parameter folders: the folders of logs that are there; nil where nobody listed them yet.
    /// - Throws: `.file` when something cannot be read.
    init(
        _ directory: String, folders: Set<String>? = nil,
        in fileSystem: any FileSystem
    ) throws(LogError) {
        self.directory = directory
        self.fileSystem = fileSystem
        standing = .found
        let root = try loadRoots()
        let markerPath = directory + "/" + CleanShutdownMarker.fileName
        let marker = try bytes(markerPath, CleanShutdownMarker.sizeMax)
        guard let root else {
            if let marker, CleanShutdownMarker.isKafkas(marker) {
                standing = .takenOver
            } else {
                left = try IntegrityRoot.loadLeft(directory, in: fileSystem)
            }
            return
        }
        guard let marker, marker == root.marker || !CleanShutdownMarker.isKafkas(marker) else {
            standing = .takenOver
            return
        }
        standing = .closed(root)
        if marker != root.marker {
            findings.append(Finding(.notAsClosed("its content is another one"), in: markerPath))
        }
        for (path, seal) in root.files.sorted(by: { $0.key < $1.key }) {
            guard let finding = try finding(of: path, seal) else { continue }
            findings.append(finding)
            damaged.insert(path)
        }
        try findMissing(root, there: folders)
    }

    private mutating func findMissing(
        _ root: IntegrityRoot, there: Set<String>?
    ) throws(LogError) {
        var there = there ?? []
        if there.isEmpty {
            let entries = try wrapping { () throws(FileError) in
                try fileSystem.entries(of: directory)
            }
            there = Set(entries.map(\.name))
        }
        for folder in root.logs.folders where !there.contains(folder) {
            findings.append(
                Finding(.notAsClosed("the log is gone"), in: directory + "/" + folder))
        }
    }

    /// The root that counts, of those that are sound.
    private mutating func loadRoots() throws(LogError) -> IntegrityRoot? {
        var sound: [(name: String, root: IntegrityRoot)] = []
        var missing: [String] = []
        for name in IntegrityRoot.fileNames {
            do {
                if let root = try IntegrityRoot.load(directory + "/" + name, in: fileSystem) {
                    sound.append((name, root))
                } else {
                    missing.append(name)
                }
            } catch {
                if case .file(let failure) = error { throw .file(failure) }
                findings.append(Finding(.notAsClosed("\(error)"), in: directory + "/" + name))
            }
        }
        guard let newest = sound.map(\.root).max(by: { $0.sequence < $1.sequence }) else {
            return nil
        }
        lastSequence = newest.sequence
        for (name, root) in sound where root.sequence < newest.sequence {
            findings.append(
                Finding(
                    .notAsClosed("it is of close \(root.sequence), not \(newest.sequence)"),
                    in: directory + "/" + name))
        }
        for name in missing {
            findings.append(Finding(.notAsClosed("the file is gone"), in: directory + "/" + name))
        }
        return newest
    }

    private func bytes(_ path: String, _ sizeMax: ByteCount) throws(LogError) -> [UInt8]? {
        do {
            return try WholeFile.load(path, sizeMax: sizeMax, in: fileSystem)
        } catch {
            // Too large a file is none that was closed.
            if case .file(let failure) = error { throw .file(failure) }
            return []
        }
    }

    /// What is wrong with a file that the root names.
    func finding(of path: String, _ seal: FileSeal) throws(LogError) -> Finding? {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.rootNotChecked.isPlanted { return nil }
        #endif
        let full = directory + "/" + path
        let found = try wrapping { () throws(FileError) in try FileSeal(at: full, in: fileSystem) }
        guard let found else { return Finding(.notAsClosed("the file is gone"), in: full) }
        guard found != seal else { return nil }
        return Finding(
            .notAsClosed(
                found.size == seal.size
                    ? "its content is another one" : "\(found.size) bytes, \(seal.size) were closed"
            ),
            in: full)
    }

    // MARK: What the directory is opened with

    /// - Throws: `.notAsClosed` when the file that says whose directory it is cannot be believed.
    func checkProperties() throws(LogError) {
        guard damaged.contains(MetaProperties.fileName) else { return }
        throw .notAsClosed(path: directory + "/" + MetaProperties.fileName)
    }

    /// The rows that stand for a checkpoint which cannot be believed; nil when it can.
    func rows(instead name: String) -> OffsetCheckpoint? {
        guard let root, damaged.contains(name) else { return nil }
        var rows = OffsetCheckpoint()
        // Of what compaction did nobody else knows: it is done again.
        let compaction = [OffsetCheckpoint.compactionFileName, OffsetCheckpoint.rewrittenFileName]
        guard !compaction.contains(name) else { return rows }
        for folder in root.logs.folders {
            guard let row = LogName(folder: folder), let log = root.logs[folder] else { continue }
            if name == OffsetCheckpoint.logStartFileName {
                let first = log.segments.keys.min()
                if first.map({ log.start > $0 }) ?? true { rows.offsets[row] = log.start }
            } else {
                rows.offsets[row] = log.end
            }
        }
        return rows
    }

    /// - Parameter line: what is said of the log.
    /// - Throws: `.notAsClosed` when the file that says whose log it is cannot be believed.
    func checkMetadata(
        of folder: String, _ line: IntegrityRoot.LogLine?
    ) throws(LogError) {
        guard let seal = line?.files[PartitionMetadata.fileName],
            let finding = try finding(of: folder + "/" + PartitionMetadata.fileName, seal)
        else { return }
        throw .notAsClosed(path: finding.path)
    }

    /// What is said of the log in a folder: whose it is, its seals, and what is wrong with its
    /// files.
    func log(
        _ folder: String, _ identity: LogIdentity, now: Timestamp
    ) throws(LogError) -> LogIntegrity {
        try log(folder, identity, root?.logs[folder], now: now)
    }

    /// - Parameters:
    ///   - line: what is said of the log; nil for nothing.
    ///   - isMetadataChecked: whether `checkMetadata` passed just now.
    ///   - seen: the folder, where it was looked at just now.
    func log(
        _ folder: String, _ identity: LogIdentity, _ line: IntegrityRoot.LogLine?, now: Timestamp,
        isMetadataChecked: Bool = false, seen: LogFolder? = nil
    ) throws(LogError) -> LogIntegrity {
        var log = LogIntegrity(identity: identity, now: now)
        guard let line else { return log }
        log.seals = line.segments.mapValues(\.sealCRC)
        for (name, seal) in line.files.sorted(by: { $0.key < $1.key }) {
            if isMetadataChecked, name == PartitionMetadata.fileName { continue }
            guard let finding = try finding(of: folder + "/" + name, seal) else { continue }
            log.findings.append(finding)
            if name == LeaderEpochCheckpoint.fileName { log.distrustsEpochs = true }
            if let base = Self.indexed(name) { log.distrustedIndexes.insert(base) }
        }
        let path = directory + "/" + folder
        let there = try LogFolder(path, seen: seen, in: fileSystem)
        checkSegments(there.segments, in: path, line, &log)
        return log
    }

    /// The segments of a folder whose transaction index is not the one that was closed, or is gone.
    func distrustedIndexes(of folder: String) throws(LogError) -> Set<Offset> {
        var found: Set<Offset> = []
        for (name, seal) in root?.logs[folder]?.files ?? [:] {
            guard let base = Self.indexed(name), try finding(of: folder + "/" + name, seal) != nil
            else { continue }
            found.insert(base)
        }
        return found
    }

    /// The segment whose transaction index has that name.
    private static func indexed(_ name: String) -> Offset? {
        guard let file = SegmentFileName(name), file.content == .transactionIndex else {
            return nil
        }
        return file.baseOffset
    }

    private func checkSegments(
        _ found: [(base: Offset, size: Int)], in path: String, _ line: IntegrityRoot.LogLine,
        _ log: inout LogIntegrity
    ) {
        let sizes = Dictionary(uniqueKeysWithValues: found.map { ($0.base, $0.size) })
        let bases = line.segments.keys.sorted()
        for (slot, base) in bases.enumerated() {
            let paths = SegmentPaths(folder: path, baseOffset: base)
            let closed = line.segments[base]?.size ?? 0
            guard let size = sizes[base] else {
                let end = slot + 1 < bases.count ? bases[slot + 1] : max(base, line.end)
                log.findings.append(Finding(.notAsClosed("the file is gone"), in: paths.log))
                log.missing.append(
                    CorruptRange(
                        path: paths.log, positions: .zero..<FilePosition(Int(clamping: closed)),
                        offsets: base..<end,
                        defect: .truncated(needed: Int(clamping: closed), available: 0)))
                continue
            }
            if Int64(size) != closed {
                log.findings.append(
                    Finding(.notAsClosed("\(size) bytes, \(closed) were closed"), in: paths.log))
            }
        }
        for base in sizes.keys.sorted() where line.segments[base] == nil {
            log.findings.append(
                Finding(
                    .notAsClosed("the segment was not there"),
                    in: SegmentPaths(folder: path, baseOffset: base).log))
        }
    }

    // MARK: Settling

    /// Takes away what does not hold any more: sidecars that another program made stale, then the
    /// root, which speaks of a closed directory; what it says of logs that nobody touches is kept
    /// under another name. On return that survives a power cut.
    func settle(_ folders: [String]) throws(FileError) -> [Finding] {
        var removed: [Finding] = []
        if standing == .takenOver {
            for folder in folders {
                let path = directory + "/" + folder
                let count = try removeSidecars(in: path)
                guard count > 0 else { continue }
                removed.append(
                    Finding(
                        .note(
                            "another program opened the directory since Varve closed it: "
                                + "\(count) sidecars are made anew"),
                        in: path))
            }
        }
        var isChanged = false
        for (name, leftName) in zip(IntegrityRoot.fileNames, IntegrityRoot.leftNames) {
            let (path, leftPath) = (directory + "/" + name, directory + "/" + leftName)
            if try fileSystem.status(at: path) != nil {
                if case .closed = standing {
                    try fileSystem.rename(path, to: leftPath)
                    isChanged = true
                    continue
                }
                try fileSystem.removeFile(path)
                isChanged = true
            }
            // What was left of a life that another program went on with tells nothing.
            guard standing == .takenOver, try fileSystem.status(at: leftPath) != nil else {
                continue
            }
            try fileSystem.removeFile(leftPath)
            isChanged = true
        }
        // The marker outlives the root: the other way round a crash would look like a takeover.
        if isChanged { try fileSystem.flushDirectory(directory) }
        return removed
    }

    private func removeSidecars(in folder: String) throws(FileError) -> Int {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.staleSidecarsKept.isPlanted { return 0 }
        #endif
        var count = 0
        for entry in try fileSystem.entries(of: folder) where entry.kind == .file {
            guard SegmentFileName(entry.name)?.content == .sidecar else { continue }
            try fileSystem.removeFile(folder + "/" + entry.name)
            count += 1
        }
        if count > 0 { try fileSystem.flushDirectory(folder) }
        return count
    }
}
