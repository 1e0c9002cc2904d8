public import VarveBytes
public import VarveTerms

/// Where a log ended when its owner last said so: one slot of the `varve.ends` file.
///
/// The owner writes a slot after each flush and never flushes the file: whatever version a crash
/// leaves was written after the flush that it tells of had returned, so its flushed end is a lower
/// bound. The two slots lie in different sectors and are written in turn, so one is always whole.
/// *Source*: docs/formats/ends.md.
public struct PublishedEnds: Hashable, Sendable {
    /// Grows with each writing; the slot with the greater one counts.
    public var sequence: UInt64
    /// Which start of the system it was written in.
    public var bootID: UniqueID
    /// The active segment.
    public var segmentBase: Offset
    /// How far its bytes are flushed, and how far they are written.
    public var flushedSize: Int64
    public var writtenSize: Int64
    public var ends: LogEnds
    /// Whether a flush failed: nothing above the flushed end is to be believed.
    public var isPoisoned: Bool

    /// The fields of a slot, big-endian.
    public enum Layout {
        public static let magic = Field(at: 0, width: 4)
        public static let version = Field(after: magic, width: 2)
        public static let state = Field(after: version, width: 2)
        public static let sequence = Field(after: state, width: 8)
        public static let bootID = Field(after: sequence, width: 16)
        public static let segmentBase = Field(after: bootID, width: 8)
        public static let flushedSize = Field(after: segmentBase, width: 8)
        public static let writtenSize = Field(after: flushedSize, width: 8)
        public static let startOffset = Field(after: writtenSize, width: 8)
        public static let flushedEnd = Field(after: startOffset, width: 8)
        public static let writtenEnd = Field(after: flushedEnd, width: 8)
        /// CRC-32C of everything before it.
        public static let crc = Field(after: writtenEnd, width: 4)
        public static let slotSize = crc.end
        /// Each slot in a sector of its own, also on disks with sectors of 4 KiB.
        public static let slotStarts = [0, 4096]
        /// "VEND".
        public static let magicNumber: UInt32 = 0x5645_4E44
        public static let currentVersion: Int16 = 1
        public static let fileSize = slotStarts[1] + slotSize
    }

    /// Reads one slot.
    /// - Returns: nil unless it is whole, of this version, and lawful.
    public init?(slot bytes: RawSpan) {
        guard bytes.byteCount >= Layout.slotSize,
            bytes.uint32(at: Layout.magic.start) == Layout.magicNumber,
            bytes.int16(at: Layout.version.start) == Layout.currentVersion,
            bytes.uint32(at: Layout.crc.start)
                == CRC32C.checksum(bytes.extracting(0..<Layout.crc.start)),
            let base = Offset(exactly: bytes.int64(at: Layout.segmentBase.start)),
            let start = Offset(exactly: bytes.int64(at: Layout.startOffset.start)),
            let flushed = Offset(exactly: bytes.int64(at: Layout.flushedEnd.start)),
            let written = Offset(exactly: bytes.int64(at: Layout.writtenEnd.start)),
            start <= flushed, flushed <= written
        else { return nil }
        sequence = bytes.uint64(at: Layout.sequence.start)
        bootID = UniqueID(
            high: bytes.uint64(at: Layout.bootID.start),
            low: bytes.uint64(at: Layout.bootID.start + 8))
        segmentBase = base
        flushedSize = bytes.int64(at: Layout.flushedSize.start)
        writtenSize = bytes.int64(at: Layout.writtenSize.start)
        guard flushedSize >= 0, flushedSize <= writtenSize else { return nil }
        ends = LogEnds(start: start, flushed: flushed, written: written)
        isPoisoned = bytes.int16(at: Layout.state.start) != 0
    }

    public init(
        sequence: UInt64, bootID: UniqueID, segmentBase: Offset, flushedSize: Int64,
        writtenSize: Int64, ends: LogEnds, isPoisoned: Bool
    ) {
        self.sequence = sequence
        self.bootID = bootID
        self.segmentBase = segmentBase
        self.flushedSize = flushedSize
        self.writtenSize = writtenSize
        self.ends = ends
        self.isPoisoned = isPoisoned
    }

    /// The newer of the slots in a file's bytes; nil when neither is whole.
    public init?(file bytes: RawSpan) {
        var newest: PublishedEnds?
        for start in Layout.slotStarts where bytes.byteCount >= start + Layout.slotSize {
            let slot = bytes.extracting(start..<start + Layout.slotSize)
            guard let ends = PublishedEnds(slot: slot) else { continue }
            if newest.map({ $0.sequence < ends.sequence }) ?? true { newest = ends }
        }
        guard let newest else { return nil }
        self = newest
    }

    /// Appends the slot's bytes.
    public func print(into buffer: inout ByteBuffer) {
        let start = buffer.count
        buffer.append(Layout.magicNumber)
        buffer.append(Layout.currentVersion)
        buffer.append(Int16(isPoisoned ? 1 : 0))
        buffer.append(sequence)
        buffer.append(bootID.high)
        buffer.append(bootID.low)
        buffer.append(segmentBase.rawValue)
        buffer.append(flushedSize)
        buffer.append(writtenSize)
        buffer.append(ends.start.rawValue)
        buffer.append(ends.flushed.rawValue)
        buffer.append(ends.written.rawValue)
        buffer.append(CRC32C.checksum(buffer.bytes.extracting(start..<buffer.count)))
    }
}
