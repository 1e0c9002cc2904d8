internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Makes the sidecar of the segment that takes appends. Entries are kept in memory until they fill
/// blocks; nothing waits for the disk but `flush`.
///
/// *Invariants*: `entries` are those of the blocks from `firstBlock` on; the blocks before stand in
/// the file. One owner.
struct SidecarWriter: ~Copyable {
    private let shared: SegmentSidecar?
    /// Where it is and of what, where `shared` does not say so.
    private let own: Kept<Place>?
    /// What its origin says besides.
    private let manner: SidecarOrigin.Manner
    private let start: UInt32
    private let since: Timestamp
    /// As they stand in the file.
    private var entries: [UInt64]
    private var firstBlock: Int
    /// The chain before `firstBlock`.
    private var chain: UInt32
    /// `lastCRC` of each full block in `entries`.
    private var fullCRCs: [UInt32] = []
    private var lastCRC: UInt32
    private var lastPosition: Int
    /// How many entries stand in the file.
    private var writtenCount: Int
    private var writtenLast: Int
    /// Whether entries, or the first block, are not in the file; and whether the file is unflushed.
    private var isAhead: Bool
    private var isUnflushed = true
    /// Set once entries were given up: coverage ends before them.
    private(set) var isBroken = false

    /// Entries that are held in memory at the least before whole blocks are written.
    private static let writtenFrom = 4 * SidecarLayout.capacity(ofBlock: 1)
    /// Entries that are held at the most while writing fails.
    private static let heldMax = 1 << 16

    private struct Place {
        var path: String
        var identity: SegmentIdentity
        var seed: UInt32
        var fileSystem: any FileSystem
    }

    /// A sidecar that goes on where `kept` ends.
    init(
        _ path: String, going kept: SidecarResumption, shared: SegmentSidecar?,
        in fileSystem: any FileSystem
    ) {
        let identity = kept.origin.identity
        self.shared = shared
        own =
            path == shared?.paths.sidecar && identity == shared?.identity
            ? nil
            : Kept(
                Place(
                    path: path, identity: identity, seed: identity.seed, fileSystem: fileSystem))
        manner = kept.origin.manner
        start = kept.origin.start
        since = kept.origin.since
        firstBlock = kept.firstBlock
        chain = kept.chain
        lastCRC = kept.lastCRC
        lastPosition = kept.lastPosition
        let held = kept.entries.rawSpan
        entries = (0..<held.byteCount / SidecarLayout.Entry.size).map {
            held.uint64(at: $0 * SidecarLayout.Entry.size).bigEndian
        }
        writtenCount = kept.entryCount
        writtenLast = kept.lastPosition
        isAhead = kept.entryCount == 0
        shared?.publish(written)
    }

    private var place: Place {
        if let own { return own.value }
        guard let shared else { preconditionFailure("a sidecar that is not shared has a place") }
        return Place(
            path: shared.paths.sidecar, identity: shared.identity, seed: shared.seed,
            fileSystem: shared.fileSystem)
    }

    /// What every check and chain starts from.
    private var seed: UInt32 { own?.value.seed ?? shared?.seed ?? 0 }

    /// What block 0 says.
    private var origin: SidecarOrigin {
        SidecarOrigin(place.identity, manner, since: since, start: Int(start))
    }

    /// Entries from the file's start through the last that was noted.
    private var entryCount: Int {
        SidecarLayout.firstSlot(ofBlock: firstBlock) + heldCount
    }

    private var heldCount: Int { entries.count }

    private var written: SidecarCoverage {
        SidecarCoverage(
            start: Int(start), entryCount: writtenCount, lastPosition: writtenLast)
    }

    // MARK: Entries

    /// Takes whole batches that were appended at `position` of the `.log`.
    mutating func note(_ batches: RawSpan, at position: Int) {
        guard !isBroken else { return }
        var place = 0
        while let peek = BatchPeek(batches, at: place), peek.sizeInBytes > 0,
            batches.byteCount - place >= BatchLayout.checksummedFrom
        {
            add(
                SidecarEntry(
                    position: UInt32(clamping: position + place),
                    check: SidecarEntry.check(
                        of: batches, at: place, position: position + place, seed: seed)),
                crc: batches.uint32(at: place + BatchLayout.crc.start))
            place += peek.sizeInBytes
        }
        if heldCount >= Self.writtenFrom { try? write(.wholeBlocks) }
        if heldCount > Self.heldMax { giveUp() }
    }

    /// Takes what a scan found of batches that have no entry yet.
    mutating func note(_ found: [NotedBatch]) {
        guard !isBroken else { return }
        for batch in found where entryCount == 0 || Int(batch.entry.position) > lastPosition {
            add(batch.entry, crc: batch.crc)
        }
        if heldCount >= Self.writtenFrom { try? write(.wholeBlocks) }
    }

    private mutating func add(_ entry: SidecarEntry, crc: UInt32) {
        isAhead = true
        entries.append((UInt64(entry.position) << 32 | UInt64(entry.check)).bigEndian)
        lastCRC = crc
        lastPosition = Int(entry.position)
        let current = SidecarLayout.block(ofSlot: entryCount - 1)
        let first = SidecarLayout.firstSlot(ofBlock: current)
        if entryCount - first == SidecarLayout.capacity(ofBlock: current) { fullCRCs.append(crc) }
    }

    /// Ends the coverage with what stands in the file.
    mutating func giveUp() {
        isBroken = true
        entries.removeAll()
        fullCRCs = []
    }

    // MARK: Blocks

    private func open(_ mode: OpenMode) throws(FileError) -> OpenFile {
        let place = place
        return try OpenFile(place.path, mode, in: place.fileSystem)
    }

    private enum Extent { case wholeBlocks, everything }

    /// Writes blocks with entries that are not in the file. What could not be written stays held.
    private mutating func write(_ extent: Extent) throws(FileError) {
        var blocks = ByteBuffer(capacity: SidecarLayout.blockSize)
        // `place` is the slot in `entries`.
        var (number, place, chain) = (firstBlock, 0, chain)
        for crc in fullCRCs {
            put(number, from: &place, lastCRC: crc, &chain, into: &blocks)
            number += 1
        }
        let (wholeCount, wholePlace, wholeChain) = (number - firstBlock, place, chain)
        if extent == .everything, place < entries.count || number == 0 {
            put(number, from: &place, lastCRC: lastCRC, &chain, into: &blocks)
        }
        guard !blocks.isEmpty else { return }
        let file = try open(.readWriteOrCreate)
        try file.write(
            blocks.bytes, at: FilePosition(firstBlock * SidecarLayout.blockSize))
        writtenCount =
            SidecarLayout.firstSlot(ofBlock: firstBlock) + place
        if place > 0 {
            writtenLast = Int(entries[place - 1].bigEndian >> 32)
        }
        keep(from: wholePlace)
        firstBlock += wholeCount
        self.chain = wholeChain
        fullCRCs = []
        isAhead = writtenCount < entryCount
        isUnflushed = true
        shared?.publish(written)
    }

    private func put(
        _ number: Int, from place: inout Int, lastCRC: UInt32, _ chain: inout UInt32,
        into blocks: inout ByteBuffer
    ) {
        let count = min(SidecarLayout.capacity(ofBlock: number), entries.count - place)
        var block = SidecarBlock(
            .entries, number: number, count: count, seed: seed,
            chain: chain, lastCRC: lastCRC)
        let entries = entries
        let held = unsafe entries.span.bytes.extracting(
            place * SidecarLayout.Entry.size..<(place + count) * SidecarLayout.Entry.size)
        block.print(into: &blocks) { buffer in
            if number == 0 { origin.print(into: &buffer) }
            buffer.append(held)
        }
        chain = CRC32C.checksum(held, continuing: chain)
        place += count
    }

    /// Forgets entries before `place`: they stand in full blocks of the file.
    private mutating func keep(from place: Int) {
        guard place > 0 else { return }
        entries.removeFirst(place)
    }

    // MARK: Making it last

    /// On return every entry noted so far survives a power cut. What fails is tried again later;
    /// nobody depends on it.
    mutating func flush() {
        guard !isBroken else { return }
        do throws(FileError) {
            if isAhead { try write(.everything) }
            guard isUnflushed else { return }
            try open(.readWrite).flush()
            isUnflushed = false
        } catch {
            // What reached the disk is told by the blocks' own checksums.
        }
    }

    /// `flush`, for whom the sidecar is one of the files that must be there.
    mutating func settle() throws(FileError) {
        if isAhead { try write(.everything) }
        try open(.readWrite).flush()
        isUnflushed = false
    }

    /// Writes what is left and the seal, and gives the file its true length; not flushed.
    /// - Returns: the seal; nil when it could not be made, so that the coverage ends where it ends.
    @discardableResult
    mutating func seal(logSize: Int, of paths: SegmentPaths) -> SidecarSeal? {
        guard !isBroken else { return nil }
        do throws(FileError) {
            let fileSystem = place.fileSystem
            return try seal(
                logSize: logSize, offsetIndex: FileSeal(at: paths.offsetIndex, in: fileSystem),
                timeIndex: FileSeal(at: paths.timeIndex, in: fileSystem))
        } catch {
            return nil
        }
    }

    /// `seal` of a segment whose indexes are known; throws what writing it threw.
    @discardableResult
    mutating func seal(
        logSize: Int, offsetIndex: FileSeal?, timeIndex: FileSeal?
    ) throws(FileError) -> SidecarSeal {
        try write(.everything)
        let entries = entries
        let sealed = unsafe CRC32C.checksum(entries.span.bytes, continuing: chain)
        var seal = SidecarSeal(
            entryCount: entryCount, lastPosition: lastPosition, logSize: logSize, seed: seed,
            chain: sealed, lastCRC: lastCRC)
        seal.offsetIndex = offsetIndex
        seal.timeIndex = timeIndex
        var blocks = ByteBuffer(capacity: SidecarLayout.blockSize)
        seal.print(into: &blocks)
        let place = SidecarLayout.blockCount(ofEntries: entryCount) * SidecarLayout.blockSize
        let file = try open(.readWriteOrCreate)
        try file.write(blocks.bytes, at: FilePosition(place))
        try file.resize(to: ByteCount(place + SidecarLayout.blockSize))
        isUnflushed = true
        shared?.publish(written, sealed: seal)
        return seal
    }
}

/// A batch that a scan found, as a sidecar notes it.
struct NotedBatch: Hashable, Sendable {
    var entry: SidecarEntry
    /// The batch's own checksum.
    var crc: UInt32
}

extension FileSeal {
    /// What the file at `path` is now; nil when there is none.
    init?(at path: String, in fileSystem: any FileSystem) throws(FileError) {
        let file: OpenFile
        do throws(FileError) {
            file = try OpenFile(path, .read, in: fileSystem)
        } catch {
            if error.error == .notFound { return nil }
            throw error
        }
        let size = try file.size().bytes
        var (crc, position): (UInt32, Int) = (0, 0)
        while position < size {
            let copy = try file.copyBytes(
                at: FilePosition(position), count: min(Self.stride, size - position))
            guard copy.count > 0 else { break }
            crc = CRC32C.checksum(copy.bytes(in: 0..<copy.count), continuing: crc)
            position += copy.count
        }
        self.init(size: position, crc: crc)
    }

    /// How much is read at a time.
    private static let stride = 1 << 20
}
