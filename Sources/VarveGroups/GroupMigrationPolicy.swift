/// Which groups may change from one protocol to the other while they have members:
/// `group.consumer.migration.policy`.
public enum GroupMigrationPolicy: String, Hashable, Sendable, CaseIterable {
    case disabled, upgrade, downgrade, bidirectional

    var allowsUpgrade: Bool { self == .upgrade || self == .bidirectional }
    var allowsDowngrade: Bool { self == .downgrade || self == .bidirectional }
}
