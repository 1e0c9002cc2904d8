internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// What a look at a sidecar says: how far it covers its log, and what its seal says.
///
/// With a sound seal two blocks are read; without one, all of them.
struct SidecarLook: Sendable {
    /// Nil when there is nothing to be believed.
    private(set) var coverage: SidecarCoverage?
    /// Whole blocks that count, the seal among them.
    private(set) var blockCount: Int
    private(set) var seal: SidecarSeal?
    /// Whether the file is sound and speaks of another segment.
    private(set) var isForeign = false
    /// Whether the file is there at all.
    private(set) var isThere = true
    /// Bytes of the file.
    private(set) var fileSize = 0
    private(set) var origin: SidecarOrigin?
    /// Why it is believed only in part, or not at all.
    private(set) var problem: String?

    init(coverage: SidecarCoverage?, blockCount: Int, seal: SidecarSeal? = nil) {
        self.coverage = coverage
        self.blockCount = blockCount
        self.seal = seal
    }

    init(of sidecar: SegmentSidecar, in fileSystem: any FileSystem) throws(LogError) {
        self.init(coverage: nil, blockCount: 0)
        let path = sidecar.paths.sidecar
        let sizes = try wrapping { () throws(FileError) in
            (
                try fileSystem.status(at: path)?.size.bytes,
                try fileSystem.status(at: sidecar.paths.log)?.size.bytes
            )
        }
        guard let size = sizes.0, size > 0 else {
            isThere = sizes.0 != nil
            if case .closed(.some) = sidecar.trust { problem = "the sidecar is gone" }
            return
        }
        fileSize = size
        blockCount = size / SidecarLayout.blockSize
        var window = SidecarWindow(SidecarSource(path: path, fileSystem: fileSystem))
        readOrigin(&window, sidecar.seed)
        guard !isForeign else {
            coverage = SidecarCoverage(start: 0, entryCount: 0, lastPosition: 0)
            problem = "the sidecar is of another segment"
            return
        }
        readSeal(&window, sidecar, logSize: sizes.1 ?? 0)
        if seal == nil { readAll(&window, sidecar) }
        if case .found = sidecar.trust {
            try describe(&window, sidecar, logSize: sizes.1 ?? 0, in: fileSystem)
        }
    }

    private mutating func readOrigin(_ window: inout SidecarWindow, _ seed: UInt32) {
        guard let lent = window.lend(0), let block = SidecarBlock(lent.bytes, number: 0) else {
            return
        }
        origin = SidecarOrigin(block: lent.bytes)
        isForeign = block.seed != seed
    }

    private mutating func readSeal(
        _ window: inout SidecarWindow, _ sidecar: SegmentSidecar, logSize: Int
    ) {
        let last = blockCount - 1
        guard last > 0, let lent = window.lend(last),
            let seal = SidecarSeal(lent.bytes, number: last), seal.seed == sidecar.seed
        else {
            if case .closed(.some) = sidecar.trust { problem = "the seal is damaged" }
            return
        }
        // The close that made the root could not write this one.
        if case .closed(nil) = sidecar.trust { return }
        if case .closed(let crc) = sidecar.trust, seal.crc != crc {
            problem = "the seal is not the one that the root names"
            return
        }
        // A log that goes on behind its seal was appended to since.
        guard seal.logSize >= Int64(logSize) else { return }
        guard Self.isLinked(seal, &window) else {
            problem = "the last block is not the one that was sealed"
            return
        }
        self.seal = seal
        coverage = SidecarCoverage(
            start: Int(origin?.start ?? 0), entryCount: seal.entryCount,
            lastPosition: seal.lastPosition)
    }

    /// Whether the last block of entries is the one that the seal was made of.
    private static func isLinked(_ seal: SidecarSeal, _ window: inout SidecarWindow) -> Bool {
        let last = SidecarLayout.blockCount(ofEntries: seal.entryCount) - 1
        guard let lent = window.lend(last), let block = SidecarBlock(lent.bytes, number: last)
        else { return false }
        let count = seal.entryCount - SidecarLayout.firstSlot(ofBlock: last)
        guard block.count >= count else { return false }
        // After a crash the block may hold entries of batches that went.
        let sealed = block.entries(in: lent.bytes)
            .extracting(0..<count * SidecarLayout.Entry.size)
        return CRC32C.checksum(sealed, continuing: block.chain) == seal.chain
    }

    private mutating func readAll(_ window: inout SidecarWindow, _ sidecar: SegmentSidecar) {
        let survey = SidecarSurvey(&window, blockCount: blockCount, seed: sidecar.seed)
        let prefix = survey.prefix(seed: sidecar.seed)
        blockCount = prefix.blockCount
        guard let origin = survey.origin, prefix.blockCount > 0 else {
            problem = problem ?? "the first block is damaged"
            return
        }
        coverage = SidecarCoverage(
            start: Int(origin.start), entryCount: prefix.entryCount,
            lastPosition: prefix.lastPosition)
    }

    /// Whether the log still is the one that the entries were made of, as far as it goes.
    private mutating func describe(
        _ window: inout SidecarWindow, _ sidecar: SegmentSidecar, logSize: Int,
        in fileSystem: any FileSystem
    ) throws(LogError) {
        guard let coverage, coverage.entryCount > 0 else { return }
        let source = SidecarSource(path: sidecar.paths.sidecar, fileSystem: fileSystem)
        var check = SidecarCheck(
            source, coverage: coverage, seed: sidecar.seed, isForeign: false,
            blockCount: blockCount)
        // A crash may have taken the end of the log and left that of the sidecar.
        let count = check.firstSlot(atOrAfter: logSize)
        guard count > 0 else { return }
        let last = SidecarLayout.block(ofSlot: count - 1)
        let fits = try fits(slot: count - 1, &window, sidecar, fileSystem)
        guard !fits else { return }
        if last > 0 {
            let before = SidecarLayout.firstSlot(ofBlock: last) - 1
            if count < coverage.entryCount,
                try self.fits(slot: before, &window, sidecar, fileSystem)
            {
                return
            }
        }
        self.coverage = nil
        seal = nil
        problem = "the sidecar does not describe this log: another program wrote to it"
    }

    /// Whether the batch that stands where an entry says is the one that it was made of, or a
    /// damaged one.
    private func fits(
        slot: Int, _ window: inout SidecarWindow, _ sidecar: SegmentSidecar,
        _ fileSystem: any FileSystem
    ) throws(LogError) -> Bool {
        guard let entry = window.entry(slot) else { return true }
        let position = Int(entry.position)
        let size = try wrapping { () throws(FileError) in
            try fileSystem.status(at: sidecar.paths.log)?.size.bytes
        }
        let segment = Segment(
            sidecar.paths, size: size ?? 0, access: .copied,
            limits: Segment.Limits(logSize: 0, indexSize: 0), in: fileSystem)
        var walk = try BatchWalk(segment, at: position, through: .includingUnflushed)
        guard let header = try? walk.header(at: position),
            (try? walk.verify(at: position, size: header.sizeInBytes)) != nil
        else { return true }
        let front = walk.window.span(position..<position + BatchLayout.checksummedFrom)
        if SidecarEntry.check(of: front, at: 0, position: position, seed: sidecar.seed)
            == entry.check
        {
            return true
        }
        // The batch is whole and another one; unless only its header's open fields were flipped.
        let number = SidecarLayout.block(ofSlot: slot)
        guard let block = window.header(number),
            slot == SidecarLayout.firstSlot(ofBlock: number) + block.count - 1
        else { return false }
        return block.lastCRC == header.crc
    }
}
