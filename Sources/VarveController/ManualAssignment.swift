internal import VarveMetadata
internal import VarveWire

/// Replicas of a partition that the client chose.
enum ManualAssignment {
    static func check(_ replicas: [Int32], in image: ClusterImage) throws(Refusal) {
        guard !replicas.isEmpty else {
            throw Refusal(
                .invalidReplicaAssignment,
                "The manual partition assignment includes an empty replica list.")
        }
        for broker in replicas {
            guard image.brokers[broker] != nil else {
                throw Refusal(
                    .invalidReplicaAssignment,
                    "The manual partition assignment includes broker \(broker), but no such "
                        + "broker is registered.")
            }
            guard replicas.count(where: { $0 == broker }) == 1 else {
                throw Refusal(
                    .invalidReplicaAssignment,
                    "The manual partition assignment includes the broker \(broker) more than "
                        + "once.")
            }
        }
    }

    /// Every partition of a topic has as many replicas as the first one.
    static func check(_ replicas: [Int32], like first: [Int32]) throws(Refusal) {
        guard replicas.count == first.count else {
            throw Refusal(
                .invalidReplicaAssignment,
                "The manual partition assignment includes a partition with \(replicas.count) "
                    + "replica(s), but this is not consistent with previous partitions, which "
                    + "have \(first.count) replica(s).")
        }
    }
}
