import VarveTerms

@testable import VarveGroups

/// Requests of consumer groups.
extension Stage {
    /// Makes these the topics of the cluster.
    mutating func setTopics(_ counts: [String: Int32]) {
        let version = coordinator.topics.version + 1
        coordinator.topics = TopicCatalog(
            version: version,
            topics: Dictionary(
                uniqueKeysWithValues: counts.map { name, count in
                    (name, TopicCatalog.Topic(id: topicID(name), partitionCount: count))
                }))
    }

    @discardableResult
    mutating func beat(
        _ request: ConsumerHeartbeat, times: ConsumerTimes = ConsumerTimes(),
        among memberCount: Int = 0, roundTrip: Duration = .zero
    ) -> ConsumerHeartbeatAnswer {
        let token = token()
        let context = ConsumerContext(
            clientID: "c", clientHost: "/127.0.0.1", uniqueID: uniqueID, times: times,
            memberCount: memberCount, roundTrip: roundTrip)
        perform {
            $0.consumerHeartbeat(request, from: context, token: token, at: $1, into: &$2)
        }
        guard case .consumerHeartbeat(let answer) = answers[token] else {
            return ConsumerHeartbeatAnswer(GroupRefusal(.unknownServerError, "no answer"))
        }
        return answer
    }

    /// A member joins, or joins anew.
    @discardableResult
    mutating func enter(
        _ group: String, as memberID: String, instance: String? = nil, topics: [String] = ["t"],
        pattern: String? = nil, assignor: String? = nil, rebalance: Int32 = 30_000,
        times: ConsumerTimes = ConsumerTimes()
    ) -> ConsumerHeartbeatAnswer {
        beat(
            ConsumerHeartbeat(
                group: group, memberID: memberID, epoch: 0, instanceID: instance,
                rebalanceTimeoutMs: rebalance, subscribedTopics: topics,
                subscribedPattern: pattern, assignor: assignor, owned: PartitionSet()),
            times: times)
    }

    /// A member stays.
    /// - Parameter owned: topic → partitions; nil: nothing is said of them.
    @discardableResult
    mutating func stay(
        _ group: String, as memberID: String, epoch: Int32, owning owned: [String: [Int32]]? = nil,
        instance: String? = nil, topics: [String]? = nil, pattern: String? = nil
    ) -> ConsumerHeartbeatAnswer {
        beat(
            ConsumerHeartbeat(
                group: group, memberID: memberID, epoch: epoch, instanceID: instance,
                subscribedTopics: topics, subscribedPattern: pattern, owned: owned.map(partitions)))
    }

    func consumerState(of group: String) -> ConsumerGroupState? {
        coordinator.describeConsumers(group)?.state
    }
}

/// Stands for the id of a topic.
func topicID(_ name: String) -> UniqueID {
    UniqueID(high: 0x7, low: name.utf8.reduce(0) { $0 &* 257 &+ UInt64($1) })
}

func partitions(_ topics: [String: [Int32]]) -> PartitionSet {
    PartitionSet(topics.map { (topicID($0.key), $0.value) })
}
