internal import VarveBytes
internal import VarveTerms

/// The front of a frame as it is read: what the frame has, and where. The bytes themselves are
/// checked by the CRC of each entry.
struct CommitFrameTable: Hashable {
    /// An entry, and where its bytes stand in the frame.
    struct Row: Hashable {
        var entry: CommitEntry
        var start: Int
        var crc: UInt32

        /// Whether these are the entry's bytes.
        func isRight(_ bytes: RawSpan) -> Bool {
            bytes.byteCount == entry.size && CRC32C.checksum(bytes) == crc
        }
    }

    let sequence: UInt64
    let size: Int
    let rows: [Row]

    /// How large the table at the front of `bytes` claims to be; nil when there is none.
    ///
    /// - Parameter life: of the ring that a frame must be of.
    static func claimedSize(_ bytes: RawSpan, of life: UniqueID) -> Int? {
        typealias Layout = CommitFrame.Layout
        guard bytes.byteCount >= Layout.headerSize,
            bytes.uint32(at: Layout.magic.start) == Layout.magicNumber,
            bytes.int16(at: Layout.version.start) == Layout.currentVersion,
            Self.life(bytes) == life
        else { return nil }
        let size = Int(bytes.uint32(at: Layout.tableSize.start))
        return size >= CommitFrame.emptySize ? size : nil
    }

    private static func life(_ bytes: RawSpan) -> UniqueID {
        let start = CommitFrame.Layout.life.start
        return UniqueID(high: bytes.uint64(at: start), low: bytes.uint64(at: start + 8))
    }

    /// - Returns: nil unless a whole, lawful table of a frame of the ring of this life
    ///   stands at the front of `bytes`.
    init?(_ bytes: RawSpan, of life: UniqueID) {
        typealias Layout = CommitFrame.Layout
        guard let tableSize = Self.claimedSize(bytes, of: life), tableSize <= bytes.byteCount
        else { return nil }
        let end = tableSize - Layout.crcSize
        let table = bytes.extracting(0..<end)
        guard bytes.uint32(at: end) == CRC32C.checksum(table) else { return nil }
        let size = Int(bytes.uint32(at: Layout.size.start))
        var rows: [Row] = []
        var position = Layout.headerSize
        var start = tableSize
        for _ in 0..<max(0, bytes.int16(at: Layout.entryCount.start)) {
            guard let row = Self.row(of: table, at: &position, start: start) else { return nil }
            start += row.entry.size
            rows.append(row)
        }
        guard position == end, start == size else { return nil }
        sequence = bytes.uint64(at: Layout.sequence.start)
        self.size = size
        self.rows = rows
    }

    private static func row(
        of table: RawSpan, at position: inout Int, start: Int
    ) -> Row? {
        typealias Layout = CommitFrame.EntryLayout
        guard table.byteCount - position >= Layout.headerSize else { return nil }
        let fields = table.extracting(position..<position + Layout.headerSize)
        let nameSize = Int(UInt16(bitPattern: fields.int16(at: Layout.nameSize.start)))
        let nameStart = position + Layout.headerSize
        guard nameSize <= table.byteCount - nameStart,
            let base = Offset(exactly: fields.int64(at: Layout.segmentBase.start)),
            let end = Offset(exactly: fields.int64(at: Layout.endOffset.start)), base <= end
        else { return nil }
        let place = fields.int64(at: Layout.position.start)
        let size = Int64(fields.uint32(at: Layout.size.start))
        // Kafka's segments end before 2 GiB.
        guard place >= 0, place <= Int64(Int32.max), place + size <= Int64(Int32.max) else {
            return nil
        }
        let name = table.extracting(nameStart..<nameStart + nameSize).array()
        position = nameStart + nameSize
        let entry = CommitEntry(
            folder: String(decoding: name, as: UTF8.self),
            topicID: UniqueID(
                high: fields.uint64(at: Layout.topicID.start),
                low: fields.uint64(at: Layout.topicID.start + 8)),
            segmentBase: base, position: Int(place), size: Int(size), endOffset: end)
        return Row(entry: entry, start: start, crc: fields.uint32(at: Layout.crc.start))
    }
}
