internal import VarveBytes

/// Goes through the records of batches, compressed or not, with the memory and the codec contexts
/// that expanding takes. Keep one for each thread that reads.
///
///     var scanner = RecordScanner()
///     try scanner.forEachRecord(in: batch) { record in … }
public struct RecordScanner: ~Copyable {
    private var decompressor: Decompressor?
    private var expanded = ByteBuffer(capacity: 64)
    private let budget: DecompressionBudget

    /// - Parameter budget: bounds what one compressed batch may become.
    public init(budget: DecompressionBudget = .standard) { self.budget = budget }

    /// Calls `body` with each record of a batch whose frame is checked, in order. A record is valid
    /// during its call.
    /// - Throws: the first malformation, before which `body` saw every record; and what `body`
    ///   throws.
    /// - Complexity: O(expanded size); allocates only where the memory must grow.
    public mutating func forEachRecord(
        in batch: RawSpan, _ body: (borrowing RecordView) throws(BatchDefect) -> Void
    ) throws(BatchDefect) {
        let view = try RecordBatchView(batch)
        guard view.isCompressed else {
            return try Self.visit(view.records, body)
        }
        let decompressor = decompressor ?? Decompressor()
        self.decompressor = decompressor
        expanded.removeAll()
        try view.expand(with: decompressor, into: &expanded, budget: budget)
        try Self.visit(view.records(in: expanded.bytes), body)
    }

    @inline(__always)
    private static func visit(
        _ records: consuming RecordCursor,
        _ body: (borrowing RecordView) throws(BatchDefect) -> Void
    ) throws(BatchDefect) {
        var records = records
        while let record = try records.next() { try body(record) }
    }
}
