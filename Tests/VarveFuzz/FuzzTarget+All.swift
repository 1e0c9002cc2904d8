extension FuzzTarget {
    /// Every target, by kind of bytes.
    public static let all: [FuzzTarget] =
        BatchTargets.all + CompressionTargets.all + IndexTargets.all + CheckpointTargets.all
        + NameTargets.all + StateTargets.all + IntegrityTargets.all + FolderTargets.all
        + CommitRingTargets.all
        + WireTargets.all + BrokerTargets.all

    /// The target of that name; nil when there is none.
    public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
