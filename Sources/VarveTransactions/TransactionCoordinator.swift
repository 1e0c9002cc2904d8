public import VarveTerms

/// The transactions of one partition of `__transaction_state`.
///
/// A pure state machine: requests and the time go in, effects and answers come out; it reads no
/// clock and writes no file. What it decides it takes as done at once, so after a failed append
/// the caller throws it away and reads the partition anew.
///
/// *Invariants*: between the record that decides a transaction and the one that completes it, the
/// producer begins nothing; no epoch of a producer id is ever lower than one before it.
/// *Threads*: a value, owned by one shard.
/// *Source*: KIP-98, KIP-360, KIP-588, KIP-890; docs/internals/transactions.md.
public struct TransactionCoordinator {
    /// Now, on both clocks: timers run on the one that never jumps, records carry the other.
    public struct Moment: Hashable, Sendable {
        public var instant: Instant
        public var timestamp: Timestamp

        public init(instant: Instant, timestamp: Timestamp) {
            (self.instant, self.timestamp) = (instant, timestamp)
        }
    }

    public let settings: TransactionSettings
    /// The leader epoch of the partition: markers of an earlier coordinator come too late.
    public let epoch: Int32
    /// The finalized level of `transaction.version`. At `v0` records have no room for what an end
    /// that raises epochs has to keep.
    public var level = TransactionVersion.v2
    var transactions: [String: Transaction] = [:]
    private var reminders = AlarmQueue<String>()
    /// When idle ids are next checked for their age; nil before `begin`.
    private var expirationCheck: Instant?

    /// - Precondition: `settings` are the broker's; no request is taken before `begin`.
    public init(settings: TransactionSettings = TransactionSettings(), epoch: Int32) {
        (self.settings, self.epoch) = (settings, epoch)
    }

    // MARK: Reading the partition

    /// Takes one record of the partition, in the order of offsets. Records may hold anything.
    public mutating func apply(_ record: TransactionRecord) {
        transactions[record.transactionalID] = record.value.map(Transaction.init)
    }

    /// The partition is read: transactions that were decided go on to their end, and the time of
    /// open ones runs on.
    public mutating func begin(at now: Moment, into effects: inout [TransactionEffect]) {
        expirationCheck = now.instant.advanced(by: settings.idExpirationCheckInterval)
        for id in transactions.keys.sorted() {
            guard let transaction = transactions[id] else { continue }
            if let markers = transaction.markers(of: id, coordinatorEpoch: epoch) {
                effects.append(.writeMarkers(markers))
            } else if transaction.state == .ongoing {
                remind(id, at: now.instant.advanced(by: transaction.remaining(at: now.timestamp)))
            }
        }
    }

    // MARK: Time

    /// When `expire` is to be called next, or earlier; nil when nothing is waited for.
    public var nextDeadline: Instant? {
        guard let first = reminders.first else { return expirationCheck }
        return expirationCheck.map { min(first, $0) } ?? first
    }

    /// Does what is due by now: transactions that are open for too long are aborted, markers are
    /// tried again, idle ids are forgotten.
    public mutating func expire(at now: Moment, into effects: inout [TransactionEffect]) {
        for id in reminders.popDue(at: now.instant).sorted() {
            // It may be that nothing is waited for any more.
            guard let due = transactions[id]?.due, due <= now.instant else { continue }
            run(id, at: now, into: &effects)
        }
        guard let due = expirationCheck, due <= now.instant else { return }
        expirationCheck = now.instant.advanced(by: settings.idExpirationCheckInterval)
        forgetOldIDs(at: now.timestamp, into: &effects)
    }

    private mutating func run(
        _ id: String, at now: Moment, into effects: inout [TransactionEffect]
    ) {
        transactions[id]?.due = nil
        guard let transaction = transactions[id] else { return }
        if let markers = transaction.markers(of: id, coordinatorEpoch: epoch) {
            effects.append(.writeMarkers(markers))
        } else if transaction.state == .ongoing {
            fence(id, at: now, into: &effects)
        }
    }

    private mutating func forgetOldIDs(
        at now: Timestamp, into effects: inout [TransactionEffect]
    ) {
        let age = settings.idExpiration.wholeMilliseconds
        let old = transactions.filter { _, transaction in
            transaction.state.isIdle
                && now.milliseconds(since: transaction.stored.lastUpdate) >= age
        }
        for id in old.keys.sorted() {
            transactions[id] = nil
            effects.append(.append([TransactionRecord(id, nil)]))
        }
    }

    /// Sees to it that an id is looked at.
    mutating func remind(_ id: String, at due: Instant) {
        guard transactions[id] != nil else { return }
        transactions[id]?.due = due
        reminders.set(due, for: id)
    }

    // MARK: Steps

    /// Whether records can keep what a client's rules bring about.
    func keeps(_ version: TransactionVersion) -> Bool { level > .v0 || !version.raisesEpochs }

    /// Keeps what became of a transaction, and writes it down.
    mutating func keep(
        _ transaction: Transaction, of id: String, into effects: inout [TransactionEffect]
    ) {
        transactions[id] = transaction
        effects.append(.append([TransactionRecord(id, transaction.stored)]))
    }

    /// Whether an id can stand in a record's key.
    func isLawful(_ id: String) -> Bool {
        !id.isEmpty && id.utf8.count <= TransactionSettings.idSizeMax
    }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return sumOverflow ? (seconds < 0 ? .min : .max) : sum
    }
}
