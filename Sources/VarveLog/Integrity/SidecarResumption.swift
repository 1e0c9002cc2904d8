internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// Where a sidecar is gone on with: the entries that stay, and what must be cut off first.
struct SidecarResumption: Sendable {
    var origin: SidecarOrigin
    /// Entries that stand in the file and stay.
    var entryCount = 0
    /// The block that the next entry goes to, the chain before it, and its entries so far.
    var firstBlock = 0
    var chain: UInt32
    var entries: [UInt8] = []
    var lastPosition = 0
    var lastCRC: UInt32 = 0
    /// Whether the file holds anything behind these entries that must not be taken for theirs.
    var mustCut = false

    /// A new sidecar.
    init(_ origin: SidecarOrigin, mustCut: Bool) {
        self.origin = origin
        self.mustCut = mustCut
        chain = origin.identity.seed
    }

    /// The entries of a sidecar for batches that start before `end`.
    ///
    /// - Returns: nil when nothing of it can be kept.
    init?(of sidecar: SegmentSidecar, before end: Int, in fileSystem: any FileSystem) {
        guard let look = try? sidecar.look(), let coverage = look.coverage, !look.isForeign,
            let origin = look.origin, coverage.entryCount > 0, coverage.start < end
        else { return nil }
        let source = SidecarSource(path: sidecar.paths.sidecar, fileSystem: fileSystem)
        var check = SidecarCheck(
            source, coverage: coverage, seed: sidecar.seed, isForeign: false,
            blockCount: look.blockCount)
        let count = check.firstSlot(atOrAfter: end)
        self.init(origin, mustCut: false)
        var window = SidecarWindow(source)
        let last = SidecarLayout.blockCount(ofEntries: count) - 1
        guard count > 0, let lent = window.lend(last),
            let block = SidecarBlock(lent.bytes, number: last),
            block.count >= count - SidecarLayout.firstSlot(ofBlock: last),
            let lastEntry = window.entry(count - 1)
        else { return nil }
        entryCount = count
        lastPosition = Int(lastEntry.position)
        lastCRC = block.lastCRC
        let first = SidecarLayout.firstSlot(ofBlock: last)
        let kept = block.entries(in: lent.bytes)
            .extracting(0..<(count - first) * SidecarLayout.Entry.size)
        firstBlock = last
        chain = block.chain
        entries = kept.array()
        if count - first == SidecarLayout.capacity(ofBlock: last) {
            chain = CRC32C.checksum(kept, continuing: block.chain)
            firstBlock += 1
            entries = []
        }
        let size = SidecarLayout.blockCount(ofEntries: count) * SidecarLayout.blockSize
        let isSealed = look.seal != nil && look.fileSize == size + SidecarLayout.blockSize
        // The file may hold entries that its seal does not count: of batches that a crash took.
        mustCut =
            count < coverage.entryCount || block.count > count - first
            || (look.fileSize != size && !isSealed)
    }

    /// Cuts off what must not stay; on return that survives a power cut.
    ///
    /// The block in which the kept entries end is written anew: its header counts them.
    func cut(_ path: String, in fileSystem: any FileSystem) throws(FileError) {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.sidecarNotCut.isPlanted { return }
        #endif
        guard mustCut, try fileSystem.status(at: path) != nil else { return }
        let file = try OpenFile(path, .readWrite, in: fileSystem)
        try file.resize(to: ByteCount(firstBlock * SidecarLayout.blockSize))
        if !entries.isEmpty {
            var buffer = ByteBuffer(capacity: SidecarLayout.blockSize)
            var block = SidecarBlock(
                .entries, number: firstBlock,
                count: entries.count / SidecarLayout.Entry.size, seed: origin.identity.seed,
                chain: chain, lastCRC: lastCRC)
            block.print(into: &buffer) { buffer in
                if firstBlock == 0 { origin.print(into: &buffer) }
                buffer.append(entries)
            }
            try file.write(
                buffer.bytes, at: FilePosition(firstBlock * SidecarLayout.blockSize))
        }
        try file.flush()
    }
}
