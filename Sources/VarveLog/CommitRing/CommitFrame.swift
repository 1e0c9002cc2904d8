internal import VarveBytes
internal import VarveTerms

/// One frame of the commit ring: the bytes that a shared flush made durable, of each log that
/// shared it.
///
///     header │ entry: which log, which segment, where ─ name │ entry … │ CRC │ bytes │ bytes …
///
/// *Source*: docs/formats/commit-ring.md.
enum CommitFrame {
    /// The fields of a frame's header, big-endian.
    enum Layout {
        static let magic = Field(at: 0, width: 4)
        static let version = Field(after: magic, width: 2)
        static let entryCount = Field(after: version, width: 2)
        static let life = Field(after: entryCount, width: 16)
        static let sequence = Field(after: life, width: 8)
        /// From the frame's start through the CRC that follows the entries.
        static let tableSize = Field(after: sequence, width: 4)
        /// Of the whole frame, without what fills its last 4 KiB.
        static let size = Field(after: tableSize, width: 4)
        static let headerSize = size.end
        static let crcSize = 4
        /// "VCMT".
        static let magicNumber: UInt32 = 0x5643_4D54
        static let currentVersion: Int16 = 2
        /// Frames start at sectors, so that writing one never touches another.
        static let alignment = 4096
        static let entryCountMax = Int(Int16.max)
    }

    /// The fields of an entry, before the folder's name.
    enum EntryLayout {
        static let topicID = Field(at: 0, width: 16)
        static let segmentBase = Field(after: topicID, width: 8)
        static let position = Field(after: segmentBase, width: 8)
        static let endOffset = Field(after: position, width: 8)
        static let size = Field(after: endOffset, width: 4)
        /// CRC-32C of the entry's bytes.
        static let crc = Field(after: size, width: 4)
        static let nameSize = Field(after: crc, width: 2)
        static let headerSize = nameSize.end
    }

    /// How much of the ring a frame of `size` bytes takes.
    static func stride(of size: Int) -> Int {
        (size + Layout.alignment - 1) / Layout.alignment * Layout.alignment
    }

    /// How large a frame is with nothing in it.
    static let emptySize = Layout.headerSize + Layout.crcSize

    /// How much an entry adds to a frame.
    /// - Parameters:
    ///   - nameSize: how long the name of the log's folder is.
    ///   - count: how many bytes of the log the entry has.
    static func size(ofEntryFor nameSize: Int, _ count: Int) -> Int {
        EntryLayout.headerSize + nameSize + count
    }
}

/// Bytes of a log that a frame holds.
struct CommitEntry: Hashable {
    /// The log's folder in the data directory.
    var folder: String
    var topicID: UniqueID
    var segmentBase: Offset
    /// Where the bytes belong in the segment's file.
    var position: Int
    /// How many they are.
    var size: Int
    /// The offset after the last record in them.
    var endOffset: Offset
}

/// A frame while it is put together: first its entries, then the bytes of each, in the same order.
struct CommitFrameBuilder: ~Copyable {
    private(set) var buffer = ByteBuffer(capacity: 64 << 10)
    private var entries: [(crc: Int, size: Int)] = []
    private var tableEnd = 0
    private var filled = 0

    mutating func begin(life: UniqueID, sequence: UInt64) {
        buffer.removeAll()
        entries.removeAll(keepingCapacity: true)
        (tableEnd, filled) = (0, 0)
        buffer.append(CommitFrame.Layout.magicNumber)
        buffer.append(CommitFrame.Layout.currentVersion)
        buffer.append(Int16(0))
        buffer.append(life.high)
        buffer.append(life.low)
        buffer.append(sequence)
        buffer.append(UInt32(0))
        buffer.append(UInt32(0))
    }

    mutating func add(_ entry: CommitEntry) {
        precondition(entries.count < CommitFrame.Layout.entryCountMax, "too many entries")
        let start = buffer.count
        buffer.append(entry.topicID.high)
        buffer.append(entry.topicID.low)
        buffer.append(entry.segmentBase.rawValue)
        buffer.append(Int64(entry.position))
        buffer.append(entry.endOffset.rawValue)
        buffer.append(UInt32(entry.size))
        buffer.append(UInt32(0))
        buffer.append(UInt16(entry.folder.utf8.count))
        buffer.append(entry.folder)
        entries.append((start + CommitFrame.EntryLayout.crc.start, entry.size))
    }

    /// All entries are there; their bytes follow.
    mutating func endTable() {
        buffer.append(UInt32(0))
        tableEnd = buffer.count
    }

    /// Takes the bytes of the next entry.
    /// - Parameter body: fills the memory, of exactly the entry's size, and answers whether it is
    ///   what the entry is to have.
    /// - Returns: what `body` answered; after false the frame is of no use.
    mutating func fill<Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        let entry = entries[filled]
        let start = buffer.count
        var isRight = false
        try buffer.append(reserving: entry.size) { (spare) throws(Failure) -> Int in
            var exact = spare._mutatingExtracting(0..<entry.size)
            isRight = try body(&exact)
            return entry.size
        }
        let crc = CRC32C.checksum(buffer.bytes.extracting(start..<buffer.count))
        let place = entry.crc
        var bytes = buffer.mutableBytes
        bytes.store(crc, at: place)
        filled += 1
        return isRight
    }

    /// Takes the bytes of the next entry from another frame.
    mutating func fill(copying bytes: RawSpan) {
        precondition(bytes.byteCount == entries[filled].size, "not the bytes of the entry")
        let place = entries[filled].crc
        buffer.append(bytes)
        var table = buffer.mutableBytes
        table.store(CRC32C.checksum(bytes), at: place)
        filled += 1
    }

    /// Closes the frame, and fills its last 4 KiB.
    mutating func seal() {
        precondition(filled == entries.count, "\(filled) of \(entries.count) entries have bytes")
        let size = buffer.count
        let tableSize = UInt32(tableEnd)
        let crcStart = tableEnd - CommitFrame.Layout.crcSize
        let entryCount = Int16(entries.count)
        var bytes = buffer.mutableBytes
        bytes.store(entryCount, at: CommitFrame.Layout.entryCount.start)
        bytes.store(tableSize, at: CommitFrame.Layout.tableSize.start)
        bytes.store(UInt32(size), at: CommitFrame.Layout.size.start)
        let crc = CRC32C.checksum(buffer.bytes.extracting(0..<crcStart))
        var sealed = buffer.mutableBytes
        sealed.store(crc, at: crcStart)
        buffer.appendZeros(CommitFrame.stride(of: size) - size)
    }
}
