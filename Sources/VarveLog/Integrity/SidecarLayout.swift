import VarveBytes

/// The fields of a segment's sidecar, `<base>.varve`: blocks of entries, the origin in the first of
/// them, and the seal in a block of its own. Big-endian.
///
/// *Source*: docs/formats/integrity.md.
enum SidecarLayout {
    static let blockSize = 4096
    /// CRC-32C of the rest of the block.
    static let crc = Field(at: 0, width: 4)
    static let magic = Field(after: crc, width: 4)
    static let version = Field(after: magic, width: 2)
    static let kind = Field(after: version, width: 2)
    static let number = Field(after: kind, width: 4)
    /// Entries in this block.
    static let count = Field(after: number, width: 4)
    static let seed = Field(after: count, width: 4)
    /// CRC-32C of all entries of earlier blocks, continuing from the seed.
    static let chain = Field(after: seed, width: 4)
    /// The batch checksum of the last batch that has an entry so far.
    static let lastCRC = Field(after: chain, width: 4)
    static let headerSize = lastCRC.end

    /// "VARV".
    static let magicNumber: UInt32 = 0x5641_5256
    static let currentVersion: Int16 = 1
    static let entriesKind: Int16 = 0
    static let sealKind: Int16 = 1

    enum Entry {
        static let position = Field(at: 0, width: 4)
        static let check = Field(after: position, width: 4)
        static let size = check.end
    }

    enum Origin {
        static let topicID = Field(at: headerSize, width: 16)
        static let baseOffset = Field(after: topicID, width: 8)
        static let partition = Field(after: baseOffset, width: 4)
        static let manner = Field(after: partition, width: 2)
        static let since = Field(at: manner.end + 2, width: 8)
        static let start = Field(after: since, width: 4)
        /// Where entries begin in block 0.
        static let end = 96
    }

    enum Seal {
        static let entryCount = Field(at: headerSize, width: 4)
        static let lastPosition = Field(after: entryCount, width: 4)
        static let logSize = Field(after: lastPosition, width: 8)
        static let offsetIndex = Field(after: logSize, width: 12)
        static let timeIndex = Field(after: offsetIndex, width: 12)
    }

    // MARK: Places

    /// How many bytes of a block come before its entries.
    static func entriesStart(ofBlock number: Int) -> Int {
        number == 0 ? Origin.end : headerSize
    }

    /// How many entries a block can hold: 500 in the first, 508 in others.
    static func capacity(ofBlock number: Int) -> Int {
        (blockSize - entriesStart(ofBlock: number)) / Entry.size
    }

    /// The entry that a block begins with, of all entries in the file.
    static func firstSlot(ofBlock number: Int) -> Int {
        number == 0 ? 0 : capacity(ofBlock: 0) + (number - 1) * capacity(ofBlock: 1)
    }

    /// The block that has the entry.
    static func block(ofSlot slot: Int) -> Int {
        let first = capacity(ofBlock: 0)
        return slot < first ? 0 : 1 + (slot - first) / capacity(ofBlock: 1)
    }

    /// Where an entry stands in the file.
    static func place(ofSlot slot: Int) -> Int {
        let number = block(ofSlot: slot)
        return number * blockSize + entriesStart(ofBlock: number)
            + (slot - firstSlot(ofBlock: number)) * Entry.size
    }

    /// How many blocks so many entries fill, the last perhaps in part. Block 0 is always there.
    static func blockCount(ofEntries count: Int) -> Int {
        count == 0 ? 1 : block(ofSlot: count - 1) + 1
    }
}
