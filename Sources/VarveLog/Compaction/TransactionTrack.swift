internal import VarveRecords
internal import VarveTerms

/// Follows a log's transactions during a pass and says which batches belong to aborted ones, and of
/// which transactions a marker is all that is left. Pure. It goes by what the batches show: an
/// index that is missing would pass records of an aborted transaction for committed ones, and those
/// of their keys before it for old ones.
struct TransactionTrack: Sendable {
    /// In order of their first offsets, those that are not reached yet.
    private var coming: ArraySlice<AbortedTransaction>
    private var abortedNow: [Int64: Ongoing] = [:]
    /// Producers with batches since their last marker that are not known to be aborted.
    private var ongoing: Set<Int64> = []

    private struct Ongoing {
        var transaction: AbortedTransaction
        var hasBatches = false
    }

    init(_ aborted: [AbortedTransaction]) {
        coming = aborted.sorted { $0.firstOffset < $1.firstOffset }[...]
    }

    /// Takes a batch of records, in order.
    /// - Returns: whether it belongs to an aborted transaction.
    mutating func isAborted(_ header: BatchHeader) -> Bool {
        reach(header)
        guard header.attributes.isTransactional else { return false }
        guard abortedNow[header.producerId] != nil else {
            ongoing.insert(header.producerId)
            return false
        }
        abortedNow[header.producerId]?.hasBatches = true
        return true
    }

    /// What a marker ends.
    enum Ending: Hashable {
        /// A transaction with batches; what the index must say of it if it was aborted.
        case transaction(aborted: AbortedTransaction?)
        /// Nothing that is still there.
        case nothing
    }

    /// Takes a marker, in order.
    mutating func end(_ outcome: TransactionOutcome, _ header: BatchHeader) -> Ending {
        reach(header)
        switch outcome {
        case .commit:
            return ongoing.remove(header.producerId) != nil ? .transaction(aborted: nil) : .nothing
        case .abort:
            let wasOngoing = ongoing.remove(header.producerId) != nil
            guard let ended = abortedNow.removeValue(forKey: header.producerId),
                ended.hasBatches
            else { return wasOngoing ? .transaction(aborted: nil) : .nothing }
            return .transaction(aborted: ended.transaction)
        }
    }

    private mutating func reach(_ header: BatchHeader) {
        let last = header.lastOffset ?? header.baseOffset
        while let next = coming.first, next.firstOffset.rawValue <= last {
            coming.removeFirst()
            if abortedNow[next.producerId] == nil {
                abortedNow[next.producerId] = Ongoing(transaction: next)
            }
        }
    }
}
