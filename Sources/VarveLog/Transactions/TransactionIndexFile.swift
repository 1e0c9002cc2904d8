internal import VarveBytes
public import VarveTerms

/// What stands in a `.txnindex` file: the aborted transactions whose marker lies in the segment, in
/// the order of their markers.
/// *Source*: Kafka's AbortedTxn, version 0; docs/formats/transaction-index.md.
public struct TransactionIndexFile: Hashable, Sendable {
    public static let currentVersion: Int16 = 0
    /// The largest file that is read: more entries than a segment of 2 GiB has room for markers.
    public static let sizeMax = ByteCount.gib(1)

    public var transactions: [Entry]

    /// One entry as it stands in the file.
    public struct Entry: Hashable, Sendable {
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
                Entry(
                    version: bytes.int16(at: start + Layout.version.start),
                    producerId: bytes.int64(at: start + Layout.producerId.start),
                    firstOffset: bytes.int64(at: start + Layout.firstOffset.start),
                    lastOffset: bytes.int64(at: start + Layout.lastOffset.start),
                    lastStableOffset: bytes.int64(at: start + Layout.lastStableOffset.start)))
        }
    }

    public init(_ aborted: some Sequence<AbortedTransaction>) {
        transactions = aborted.map(Entry.init)
    }

    /// The content of the file.
    public func printed() -> [UInt8] {
        var file = ByteBuffer(capacity: transactions.count * Layout.entrySize)
        for entry in transactions {
            let start = file.count
            file.append(entry.version)
            file.append(entry.producerId)
            file.append(entry.firstOffset)
            file.append(entry.lastOffset)
            file.append(entry.lastStableOffset)
            assert(file.count == start + Layout.entrySize)
        }
        return file.bytes.array()
    }

    /// The entries as transactions.
    /// - Returns: nil when they are not those of a segment that starts at `baseOffset`: a version
    ///   that is not known, markers out of order or before the segment, a transaction that ends
    ///   before it begins.
    public func aborted(from baseOffset: Offset) -> [AbortedTransaction]? {
        var found: [AbortedTransaction] = []
        var last = baseOffset.rawValue - 1
        for entry in transactions {
            guard entry.version == Self.currentVersion, entry.producerId >= 0,
                entry.lastOffset > last, let transaction = AbortedTransaction(entry)
            else { return nil }
            last = entry.lastOffset
            found.append(transaction)
        }
        return found
    }
}

extension TransactionIndexFile.Entry {
    fileprivate init(_ transaction: AbortedTransaction) {
        version = TransactionIndexFile.currentVersion
        producerId = transaction.producerId
        firstOffset = transaction.firstOffset.rawValue
        lastOffset = transaction.lastOffset.rawValue
        lastStableOffset = transaction.lastStableOffset.rawValue
    }
}

extension AbortedTransaction {
    /// - Returns: nil when the numbers are not those of a transaction.
    fileprivate init?(_ entry: TransactionIndexFile.Entry) {
        guard let first = Offset(exactly: entry.firstOffset),
            let last = Offset(exactly: entry.lastOffset), first <= last,
            entry.lastOffset < Int64.max,
            let stable = Offset(exactly: entry.lastStableOffset)
        else { return nil }
        self.init(
            producerId: entry.producerId, firstOffset: first, lastOffset: last,
            lastStableOffset: stable)
    }
}
