public import VarveRecords
internal import VarveSystem
public import VarveTerms

/// Whole, checksum-verified batches of one segment, lent without a copy. As long as this value
/// lives the bytes do: the segment's mapping is not taken down and its file is not cut below them.
///
/// Compressed batches come compressed; `RecordBatchView` goes through the records.
/// *Threads*: immutable; share it freely. Hold it briefly: it keeps truncation waiting and the
/// disk space of a deleted segment in use.
public struct PinnedBatches: Sendable {
    private let owner: MappedBytes
    private let range: Range<Int>
    /// The offsets that the batches cover, from the first batch's base offset to the end of the
    /// last. The offset that was asked for lies inside the first batch, not always at its start.
    public let offsets: Range<Offset>
    /// Transactions that were given up and have batches here, in the order of their markers; empty
    /// unless committed records were asked for.
    public internal(set) var abortedTransactions: [AbortedTransaction] = []

    init(owner: MappedBytes, range: Range<Int>, offsets: Range<Offset>) {
        self.owner = owner
        self.range = range
        self.offsets = offsets
    }

    /// Where to read on.
    public var nextOffset: Offset { offsets.upperBound }

    /// The size of all batches.
    public var size: ByteCount { ByteCount(range.count) }

    /// The bytes of all batches, one after the other.
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get { owner.bytes(in: range) }
    }

    /// Calls `body` with the header and the bytes of each batch, in order.
    public func forEachBatch<Failure: Error>(
        _ body: (BatchHeader, RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        let bytes = bytes
        var position = 0
        while let header = BatchHeader(bytes, at: position) {
            try body(header, bytes.extracting(position..<position + header.sizeInBytes))
            position += header.sizeInBytes
        }
    }

    /// Calls `body` with each record that stands at or after `start`, in order, control records
    /// left out, and records of `abortedTransactions`. A record is valid during its call.
    ///
    /// - Parameters:
    ///   - scanner: expands compressed batches; keep one for each thread that reads.
    ///   - start: where reading was to begin, which may lie inside the first batch.
    /// - Throws: the first malformation of a batch, before which `body` saw every record.
    public func forEachRecord(
        with scanner: inout RecordScanner, from start: Offset = .zero,
        _ body: (borrowing RecordView) throws(BatchDefect) -> Void
    ) throws(BatchDefect) {
        var filter = AbortedFilter(abortedTransactions)
        try forEachBatch { (header, bytes) throws(BatchDefect) in
            guard !filter.hides(header, bytes), !header.attributes.isControl else { return }
            try scanner.forEachRecord(in: bytes) { (record) throws(BatchDefect) in
                if record.offset >= start { try body(record) }
            }
        }
    }
}
