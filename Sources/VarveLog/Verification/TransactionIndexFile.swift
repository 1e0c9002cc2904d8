internal import VarveBytes

/// What stands in a `.txnindex` file: the aborted transactions whose marker lies in the segment.
/// Read for checks and listings; it decides nothing.
/// *Source*: Kafka's AbortedTxn, version 0.
public struct TransactionIndexFile: Hashable, Sendable {
    public var transactions: [AbortedTransaction]

    public struct AbortedTransaction: Hashable, Sendable {
        public var version: Int16
        public var producerId: Int64
        public var firstOffset: Int64
        /// The marker's offset.
        public var lastOffset: Int64
        public var lastStableOffset: Int64
    }

    /// Where the fields lie, big-endian.
    enum Layout {
        static let version = Field(at: 0, width: 2)
        static let producerId = Field(after: version, width: 8)
        static let firstOffset = Field(after: producerId, width: 8)
        static let lastOffset = Field(after: firstOffset, width: 8)
        static let lastStableOffset = Field(after: lastOffset, width: 8)
        static let entrySize = lastStableOffset.end
    }

    /// Reads the content of a file.
    /// - Returns: nil when its length is no multiple of an entry's.
    public init?(parsing content: [UInt8]) {
        let bytes = content.rawSpan
        guard bytes.byteCount % Layout.entrySize == 0 else { return nil }
        transactions = []
        for slot in 0..<bytes.byteCount / Layout.entrySize {
            let start = slot * Layout.entrySize
            transactions.append(
                AbortedTransaction(
                    version: bytes.int16(at: start + Layout.version.start),
                    producerId: bytes.int64(at: start + Layout.producerId.start),
                    firstOffset: bytes.int64(at: start + Layout.firstOffset.start),
                    lastOffset: bytes.int64(at: start + Layout.lastOffset.start),
                    lastStableOffset: bytes.int64(at: start + Layout.lastStableOffset.start)))
        }
    }
}
