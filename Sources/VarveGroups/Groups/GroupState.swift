/// Where a classic group stands.
///
///     empty ──join──▶ preparingRebalance ──all have joined──▶ completingRebalance
///       ▲               │      ▲      ▲                          │          │
///       └──none is left─┘      │      └──someone comes or goes───┘          │
///                              └─someone comes or goes── stable ◀─assigned──┘
public enum GroupState: Hashable, Sendable, CaseIterable {
    /// No members; offsets may be left.
    case empty
    /// Waiting until all members have joined the next generation.
    case preparingRebalance
    /// A generation is made; waiting for its leader's assignment.
    case completingRebalance
    /// All parts of the assignment can be fetched.
    case stable
    /// There is no such group.
    case dead

    /// What Kafka calls it.
    public var name: String {
        switch self {
        case .empty: "Empty"
        case .preparingRebalance: "PreparingRebalance"
        case .completingRebalance: "CompletingRebalance"
        case .stable: "Stable"
        case .dead: "Dead"
        }
    }

    /// The states that may come next. The dead have no successor: the group is forgotten.
    var successors: Set<GroupState> {
        switch self {
        case .empty: [.preparingRebalance]
        case .preparingRebalance: [.completingRebalance, .empty]
        case .completingRebalance: [.stable, .preparingRebalance]
        case .stable: [.preparingRebalance]
        case .dead: []
        }
    }
}
