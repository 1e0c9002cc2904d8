internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// The header of one block of a sidecar whose checksum holds.
struct SidecarBlock: Hashable, Sendable {
    enum Kind: Hashable, Sendable { case entries, seal }

    var kind: Kind
    var number: Int
    /// Entries in this block.
    var count: Int
    var seed: UInt32
    /// CRC-32C of the entries of all blocks before, continuing from the seed.
    var chain: UInt32
    var lastCRC: UInt32
    /// The block's own checksum; filled in by printing.
    private(set) var crc: UInt32 = 0

    init(
        _ kind: Kind, number: Int, count: Int, seed: UInt32, chain: UInt32, lastCRC: UInt32
    ) {
        self.kind = kind
        self.number = number
        self.count = count
        self.seed = seed
        self.chain = chain
        self.lastCRC = lastCRC
    }

    /// Reads the block that should stand at place `number`.
    /// - Returns: nil unless it is whole, of this version, the one of that number, and lawful.
    init?(_ bytes: RawSpan, number: Int) {
        guard bytes.byteCount == SidecarLayout.blockSize,
            bytes.uint32(at: SidecarLayout.magic.start) == SidecarLayout.magicNumber,
            bytes.int16(at: SidecarLayout.version.start) == SidecarLayout.currentVersion,
            Int(bytes.uint32(at: SidecarLayout.number.start)) == number
        else { return nil }
        switch bytes.int16(at: SidecarLayout.kind.start) {
        case SidecarLayout.entriesKind: kind = .entries
        case SidecarLayout.sealKind: kind = .seal
        default: return nil
        }
        self.number = number
        count = Int(bytes.uint32(at: SidecarLayout.count.start))
        let limit = kind == .seal ? 0 : SidecarLayout.capacity(ofBlock: number)
        guard count <= limit else { return nil }
        seed = bytes.uint32(at: SidecarLayout.seed.start)
        chain = bytes.uint32(at: SidecarLayout.chain.start)
        lastCRC = bytes.uint32(at: SidecarLayout.lastCRC.start)
        crc = bytes.uint32(at: SidecarLayout.crc.start)
        let covered = bytes.extracting(SidecarLayout.crc.end..<bytes.byteCount)
        guard crc == CRC32C.checksum(covered) else { return nil }
    }

    /// Appends a whole block: the header, what `body` appends, and zeros.
    mutating func print(into buffer: inout ByteBuffer, _ body: (inout ByteBuffer) -> Void) {
        let start = buffer.count
        buffer.append(UInt32(0))
        buffer.append(SidecarLayout.magicNumber)
        buffer.append(SidecarLayout.currentVersion)
        buffer.append(
            kind == .seal ? SidecarLayout.sealKind : SidecarLayout.entriesKind)
        buffer.append(UInt32(clamping: number))
        buffer.append(UInt32(clamping: count))
        buffer.append(seed)
        buffer.append(chain)
        buffer.append(lastCRC)
        body(&buffer)
        buffer.appendZeros(SidecarLayout.blockSize - (buffer.count - start))
        crc = CRC32C.checksum(
            buffer.bytes.extracting(start + SidecarLayout.crc.end..<buffer.count))
        var bytes = buffer.mutableBytes
        bytes.store(crc, at: start + SidecarLayout.crc.start)
    }

    /// The entries of the block whose bytes these are.
    @_lifetime(copy bytes)
    func entries(in bytes: RawSpan) -> RawSpan {
        let start = SidecarLayout.entriesStart(ofBlock: number)
        return bytes.extracting(start..<start + count * SidecarLayout.Entry.size)
    }
}

/// The last block of a segment that is not appended to: what the segment's files are.
struct SidecarSeal: Hashable, Sendable {
    var entryCount: Int
    /// `position` of the last entry; 0 without one.
    var lastPosition: Int
    /// Bytes of the `.log`.
    var logSize: Int64
    var offsetIndex: FileSeal?
    var timeIndex: FileSeal?
    var seed: UInt32
    var chain: UInt32
    var lastCRC: UInt32
    /// The checksum of the block, by which the root names it.
    var crc: UInt32

    /// Reads the seal that should stand in block `number`.
    /// - Returns: nil unless the block is sound and a seal whose numbers fit together.
    init?(_ bytes: RawSpan, number: Int) {
        typealias Fields = SidecarLayout.Seal
        guard let block = SidecarBlock(bytes, number: number), block.kind == .seal else {
            return nil
        }
        entryCount = Int(bytes.uint32(at: Fields.entryCount.start))
        lastPosition = Int(bytes.uint32(at: Fields.lastPosition.start))
        logSize = bytes.int64(at: Fields.logSize.start)
        offsetIndex = FileSeal(bytes, at: Fields.offsetIndex.start)
        timeIndex = FileSeal(bytes, at: Fields.timeIndex.start)
        seed = block.seed
        chain = block.chain
        lastCRC = block.lastCRC
        crc = block.crc
        guard SidecarLayout.blockCount(ofEntries: entryCount) == number, logSize >= 0 else {
            return nil
        }
    }

    init(
        entryCount: Int, lastPosition: Int, logSize: Int, seed: UInt32, chain: UInt32,
        lastCRC: UInt32
    ) {
        self.entryCount = entryCount
        self.lastPosition = lastPosition
        self.logSize = Int64(logSize)
        self.seed = seed
        self.chain = chain
        self.lastCRC = lastCRC
        crc = 0
    }

    /// Appends the block; `crc` is filled in.
    mutating func print(into buffer: inout ByteBuffer) {
        var block = SidecarBlock(
            .seal, number: SidecarLayout.blockCount(ofEntries: entryCount), count: 0, seed: seed,
            chain: chain, lastCRC: lastCRC)
        block.print(into: &buffer) { buffer in
            buffer.append(UInt32(clamping: entryCount))
            buffer.append(UInt32(clamping: lastPosition))
            buffer.append(logSize)
            for file in [offsetIndex, timeIndex] {
                buffer.append(file?.size ?? -1)
                buffer.append(file?.crc ?? 0)
            }
        }
        crc = block.crc
    }
}

/// What a whole file was when it was sealed.
struct FileSeal: Hashable, Sendable {
    var size: Int64
    var crc: UInt32

    init(size: Int, crc: UInt32) {
        self.size = Int64(size)
        self.crc = crc
    }

    init(of bytes: RawSpan) { self.init(size: bytes.byteCount, crc: CRC32C.checksum(bytes)) }

    /// - Returns: nil where the seal says that there was no such file.
    fileprivate init?(_ bytes: RawSpan, at place: Int) {
        size = bytes.int64(at: place)
        crc = bytes.uint32(at: place + 8)
        guard size >= 0 else { return nil }
    }
}
