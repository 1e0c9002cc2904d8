import VarveRecords
import VarveTerms

@testable import VarveTransactions

/// A coordinator with what a test needs round it.
struct CoordinatorFixture {
    var coordinator: TransactionCoordinator
    var effects: [TransactionEffect] = []
    var now = TransactionCoordinator.Moment(
        instant: Instant(nanoseconds: 1_000_000_000),
        timestamp: Timestamp(milliseconds: 1_800_000_000_000))
    var freshID: Int64? = 100

    static let id = "tx"
    static let place = TransactionPartition("t", 0)

    init(_ stored: StoredTransaction? = nil, settings: TransactionSettings = .init()) {
        coordinator = TransactionCoordinator(settings: settings, epoch: 3)
        if let stored { coordinator.apply(TransactionRecord(Self.id, stored)) }
        coordinator.begin(at: now, into: &effects)
        effects = []
    }

    /// A transaction as a record has it: of producer 7, epoch 5 unless said otherwise.
    static func stored(
        _ state: TransactionState, epoch: Int16 = 5, id: Int64 = 7, previous: Int64 = 7,
        version: TransactionVersion = .v2
    ) -> StoredTransaction {
        var stored = StoredTransaction(
            producer: ProducerIdentity(id: id, epoch: epoch), timeoutMs: 60_000,
            lastUpdate: Timestamp(milliseconds: 1_800_000_000_000))
        stored.state = state
        stored.previousProducerID = previous
        stored.version = version
        if !state.isIdle { stored.partitions = [place] }
        if state != .empty { stored.start = Timestamp(milliseconds: 1_800_000_000_000) }
        return stored
    }

    var stored: StoredTransaction? { coordinator.describe(Self.id) }

    /// The markers that wait to be written.
    var markers: [TransactionMarkers] {
        effects.compactMap { if case .writeMarkers(let markers) = $0 { markers } else { nil } }
    }

    /// The states that were written down, in order.
    var written: [TransactionState?] {
        effects.flatMap { effect -> [TransactionState?] in
            guard case .append(let records) = effect else { return [] }
            return records.map { $0.value?.state }
        }
    }

    mutating func advance(by duration: Duration) {
        now.instant = now.instant.advanced(by: duration)
        now.timestamp = Timestamp(
            milliseconds: now.timestamp.milliseconds + duration.wholeMilliseconds)
    }

    mutating func initialize(
        claim: ProducerIdentity? = nil, id: String = Self.id, timeoutMs: Int32 = 60_000
    ) -> Result<ProducerIdentity, TransactionError> {
        let fresh = freshID
        return coordinator.initializeProducer(
            of: id, timeoutMs: timeoutMs, claim: claim, at: now, freshProducerID: { fresh },
            into: &effects)
    }

    mutating func add(
        _ partitions: Set<TransactionPartition> = [Self.place], claim: ProducerIdentity,
        version: TransactionVersion = .v2, id: String = Self.id
    ) -> TransactionError? {
        coordinator.add(
            partitions, to: id, by: claim, version: version, at: now, into: &effects)
    }

    mutating func end(
        _ outcome: TransactionOutcome, claim: ProducerIdentity,
        version: TransactionVersion = .v2, id: String = Self.id
    ) -> Result<ProducerIdentity, TransactionError> {
        let fresh = freshID
        return coordinator.end(
            outcome, of: id, by: claim, version: version, at: now, freshProducerID: { fresh },
            into: &effects)
    }

    /// Says that all markers are written that wait.
    mutating func writeMarkers() {
        let waiting = markers
        effects.removeAll { if case .writeMarkers = $0 { true } else { false } }
        for markers in waiting {
            coordinator.didWriteMarkers(markers, at: now, into: &effects)
        }
    }
}

func producer(_ id: Int64, _ epoch: Int16) -> ProducerIdentity {
    ProducerIdentity(id: id, epoch: epoch)
}
