import VarveRecords

/// How far a transaction is.
public enum TransactionState: Hashable, Sendable, CaseIterable {
    /// The producer has its epoch and has begun nothing.
    case empty
    case ongoing
    /// It is decided, and the markers are under way.
    case prepareCommit, prepareAbort
    /// Every partition has its marker.
    case completeCommit, completeAbort

    /// Kafka's name of the state.
    public var name: String {
        switch self {
        case .empty: "Empty"
        case .ongoing: "Ongoing"
        case .prepareCommit: "PrepareCommit"
        case .prepareAbort: "PrepareAbort"
        case .completeCommit: "CompleteCommit"
        case .completeAbort: "CompleteAbort"
        }
    }

    /// The names of all states that Kafka knows: two of them exist only inside its brokers.
    public static let names = allCases.map(\.name) + ["Dead", "PrepareEpochFence"]

    static func preparing(_ outcome: TransactionOutcome) -> TransactionState {
        outcome == .commit ? .prepareCommit : .prepareAbort
    }

    /// What was decided and is not everywhere yet.
    var preparedOutcome: TransactionOutcome? {
        switch self {
        case .prepareCommit: .commit
        case .prepareAbort: .abort
        case .empty, .ongoing, .completeCommit, .completeAbort: nil
        }
    }

    /// Whether nothing is open: the transactional id may begin anew, or be forgotten.
    var isIdle: Bool {
        switch self {
        case .empty, .completeCommit, .completeAbort: true
        case .ongoing, .prepareCommit, .prepareAbort: false
        }
    }
}
