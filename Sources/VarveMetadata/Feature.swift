/// A feature of a cluster at whose level all of its nodes work.
///
/// The metadata log says the level; one that it does not name is at 0.
/// *Source*: KIP-584, KIP-1022.
public enum Feature: String, CaseIterable, Sendable {
    /// Which records the metadata log may hold.
    case metadataVersion = "metadata.version"
    /// How the quorum knows its voters. A control record says its level, no feature record.
    case kraftVersion = "kraft.version"
    /// How transactions are kept, and whether each end of one raises its producer's epoch.
    case transactionVersion = "transaction.version"
    /// Whether there are consumer groups of KIP-848.
    case groupVersion = "group.version"
    /// Whether there are share groups.
    case shareVersion = "share.version"
    /// Whether partitions have eligible leaders beside their replicas in sync (KIP-966).
    case eligibleLeaderReplicasVersion = "eligible.leader.replicas.version"

    /// The levels at which this node can work.
    public var supported: ClosedRange<Int16> {
        switch self {
        case .metadataVersion: 7...30
        case .transactionVersion: 0...2
        case .kraftVersion, .groupVersion, .shareVersion, .eligibleLeaderReplicasVersion: 0...1
        }
    }

    /// The levels of a cluster that is new.
    public static let bootstrap: [(feature: Feature, level: Int16)] = [
        (.metadataVersion, 30), (.eligibleLeaderReplicasVersion, 1), (.groupVersion, 1),
        (.shareVersion, 1), (.transactionVersion, 2),
    ]

    /// Which level of another feature a level of this one rests on; nil when it rests on none.
    public func prerequisite(of level: Int16) -> (feature: Feature, level: Int16)? {
        switch self {
        case .eligibleLeaderReplicasVersion: level >= 1 ? (.metadataVersion, 23) : nil
        case .metadataVersion, .kraftVersion, .transactionVersion, .groupVersion, .shareVersion:
            nil
        }
    }

    /// Whether records that a level of `metadata.version` allows would be lost at a lower one.
    ///
    /// - Precondition: both are lawful levels of it.
    public static func metadataDiffers(between low: Int16, and high: Int16) -> Bool {
        levelsOfNewRecords.contains { low < $0 && $0 <= high }
    }

    /// The levels of `metadata.version` that brought new records, or new fields of them.
    private static let levelsOfNewRecords: [Int16] = [8, 11, 13, 14, 15, 17, 23, 30]
}

extension ClusterImage {
    /// At which level a feature is.
    public func level(of feature: Feature) -> Int16 { features[feature.rawValue] ?? 0 }
}
