internal import VarveRecords
internal import VarveWire

/// Tells batches of aborted transactions from others, in the batches of one fetched partition in
/// their order. The answer names each aborted transaction that reaches into it; a marker in between
/// ends it, and what the producer writes behind is another transaction.
struct AbortedBatches {
    /// Those whose first offset is still to come, the next one last.
    private var coming: [FetchResponse.AbortedTransaction]
    /// Producers whose transaction is one that was aborted.
    private var aborting: Set<Int64> = []

    init(_ transactions: [FetchResponse.AbortedTransaction]) {
        coming = transactions.sorted { $0.firstOffset > $1.firstOffset }
    }

    /// Whether the next batch belongs to an aborted transaction.
    /// - Parameter bytes: the batch, which is looked into only if it is a marker.
    mutating func hides(
        _ header: BatchHeader, last: Int64, _ bytes: RawSpan
    ) throws(BatchDefect) -> Bool {
        while let next = coming.last, next.firstOffset <= last {
            aborting.insert(next.producerId)
            coming.removeLast()
        }
        guard header.attributes.isTransactional, aborting.contains(header.producerId) else {
            return false
        }
        guard header.attributes.isControl else { return true }
        var scanner = RecordScanner()
        var isAbort = false
        try scanner.forEachRecord(in: bytes) { record in
            if let key = record.key { isAbort = ControlRecord(key: key)?.kind == .abort }
        }
        if isAbort { aborting.remove(header.producerId) }
        return false
    }
}
