internal import VarveBytes
internal import VarveRecords
internal import VarveWire

/// The one batch that a producer may send for a partition, found in what it sent: what goes before
/// the rules of the topic.
struct ProducedRecords {
    private let size: Int
    /// Of the offset and the size that every format begins with.
    private static let overhead = 12
    /// Where the formats tell themselves apart.
    private static let magicPlace = 16
    /// What any format takes behind its size at least.
    private static let sizeMin = 14

    init(_ records: RawSpan, version: Int16) throws(ProduceRefusal) {
        guard let size = try Self.firstBatch(in: records) else {
            throw ProduceRefusal(.invalidRecord, "the batch is cut off")
        }
        let magic = records.int8(at: Self.magicPlace)
        // The formats before it are known, and not taken any more.
        guard magic == 2 else { throw ProduceRefusal(.invalidRecord) }
        guard size >= BatchLayout.headerSize, let header = BatchHeader(records) else {
            throw ProduceRefusal(
                .corruptMessage,
                "a batch of \(size) bytes, but its header alone takes \(BatchLayout.headerSize)")
        }
        guard try Self.firstBatch(in: records.extracting(size..<records.byteCount)) == nil else {
            throw ProduceRefusal(.invalidRecord, "there is more than one batch for the partition")
        }
        guard header.attributes.codec != .zstd || version >= 7 else {
            throw ProduceRefusal(.unsupportedCompressionType)
        }
        guard header.baseOffset == 0 else {
            var refusal = ProduceRefusal(
                .invalidRecord, "the base offset is \(header.baseOffset), 0 is expected")
            refusal.isOfLog = true
            throw refusal
        }
        self.size = size
    }

    @_lifetime(copy records)
    func bytes(of records: RawSpan) -> RawSpan { records.extracting(0..<size) }

    /// The size of the batch that bytes begin with, in bytes; nil when no whole one is there.
    /// - Throws: what is there cannot be a batch.
    private static func firstBatch(in bytes: RawSpan) throws(ProduceRefusal) -> Int? {
        guard bytes.byteCount >= overhead else { return nil }
        let told = Int(bytes.int32(at: overhead - 4))
        guard told >= sizeMin else {
            throw ProduceRefusal(
                .corruptMessage,
                "Record size \(told) is less than the minimum record overhead (\(sizeMin))")
        }
        guard bytes.byteCount > magicPlace else { return nil }
        let magic = bytes.int8(at: magicPlace)
        guard (0...2).contains(magic) else {
            throw ProduceRefusal(.corruptMessage, "Invalid magic found in record: \(magic)")
        }
        return bytes.byteCount >= told + overhead ? told + overhead : nil
    }
}
