public import VarveRecords
public import VarveTerms

/// What a log remembers of all its producers, as of some offset. Pure: batches go in, in the order
/// of the log, and what they say of sequences and transactions comes out.
///
///     take(batch) …  ─►  the last five batches of each producer   dedupe, gaps
///                    ─►  open transactions, by first offset       the last stable offset
///                    ─►  a transaction that the batch ended       the transaction index
///
/// *Invariants*: `open` is in order of `firstOffset`, and has exactly one entry for each producer
/// with a `transactionStart`.
/// *Source*: KIP-98, KIP-360.
public struct ProducerStates: Hashable, Sendable {
    /// A transaction without its marker yet.
    public struct OpenTransaction: Hashable, Sendable {
        public var producerId: Int64
        public var firstOffset: Offset
    }

    private var states: [Int64: ProducerState] = [:]
    /// The transactions that are open, by first offset.
    public private(set) var open: [OpenTransaction] = []

    public init() {}

    /// Producers as a snapshot has them.
    /// - Returns: nil when one comes twice.
    init?(_ producers: some Sequence<ProducerState>) {
        for producer in producers {
            guard states.updateValue(producer, forKey: producer.id) == nil else { return nil }
            if let start = producer.transactionStart {
                open.append(OpenTransaction(producerId: producer.id, firstOffset: start))
            }
        }
        open.sort { $0.firstOffset < $1.firstOffset }
    }

    public var isEmpty: Bool { states.isEmpty }

    /// How many producers are remembered.
    public var count: Int { states.count }

    /// What is remembered of a producer; nil when nothing is.
    public subscript(id: Int64) -> ProducerState? { states[id] }

    /// All producers, by id.
    public var producers: [ProducerState] { states.values.sorted { $0.id < $1.id } }

    /// The first offset of the oldest open transaction; nil when none is open.
    public var firstOpenOffset: Offset? { open.first?.firstOffset }

    /// Takes the next batch of the log; one without a producer id changes nothing.
    ///
    /// - Parameter batch: its bytes, which are looked at only if it is a control batch.
    /// - Returns: the transaction that it ended, if it is the marker of one that had records.
    /// - Complexity: O(1), and O(open transactions) for a marker.
    @discardableResult
    public mutating func take(_ header: BatchHeader, _ batch: RawSpan) -> CompletedTransaction? {
        guard header.producerId >= 0 else { return nil }
        guard header.attributes.isControl else {
            takeRecords(header)
            return nil
        }
        guard let marker = TransactionMarker(batch) else { return nil }
        return take(marker, of: header)
    }

    private mutating func takeRecords(_ header: BatchHeader) {
        let id = header.producerId
        var state = states.removeValue(forKey: id) ?? ProducerState(id: id)
        let wasOpen = state.transactionStart != nil
        state.take(header)
        if !wasOpen, let start = state.transactionStart {
            // The log is taken from front to end, so the newest is the last.
            open.append(OpenTransaction(producerId: id, firstOffset: start))
        }
        states[id] = state
    }

    private mutating func take(
        _ marker: TransactionMarker, of header: BatchHeader
    ) -> CompletedTransaction? {
        let id = header.producerId
        var state = states.removeValue(forKey: id) ?? ProducerState(id: id)
        let start = state.transactionStart
        state.take(marker, of: header)
        states[id] = state
        open.removeAll { $0.producerId == id }
        // A marker of a transaction without records holds nobody up.
        guard let start, let last = Offset(exactly: header.baseOffset),
            let behind = last.advanced(byExactly: 1)
        else { return nil }
        return CompletedTransaction(
            producerId: id, firstOffset: start, lastOffset: last, outcome: marker.outcome,
            lastStableOffset: firstOpenOffset ?? behind)
    }

    /// Forgets producers that wrote nothing for longer than `ageMax`, by the timestamps of what
    /// they wrote. One with an open transaction stays.
    /// - Returns: how many were forgotten.
    /// - Complexity: O(producers).
    @discardableResult
    public mutating func expire(now: Timestamp, ageMax: Duration) -> Int {
        let count = states.count
        states = states.filter { _, state in
            guard state.transactionStart == nil else { return true }
            return Duration.milliseconds(now.milliseconds(since: state.lastTimestamp)) <= ageMax
        }
        return count - states.count
    }
}
