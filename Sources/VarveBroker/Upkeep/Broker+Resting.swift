internal import VarveLog
internal import VarveMetadata
internal import VarveSystem
internal import VarveTerms

// Background work on logs that nobody uses: each stays closed while there is nothing to do in it.
extension Broker {
    /// The partition that a piece of work is about. A log that rests is opened only if it has to
    /// be.
    func partition(_ key: PartitionKey, for kind: UpkeepKind) -> Partition? {
        if let open = partitions[key.topicID, key.index] { return open }
        guard let topic = image[topic: key.topicID],
            partitions.isResting(topic.name, key.index), isWorthOpening(key, of: topic, for: kind)
        else { return nil }
        return partition(topic.name, key.index)
    }

    private func isWorthOpening(
        _ key: PartitionKey, of topic: TopicImage, for kind: UpkeepKind
    ) -> Bool {
        guard let name = LogName(topic: topic.name, partition: key.index),
            let log = try? node.directory(of: name)?.look(atResting: name)
        else {
            // Opening it tells what is wrong.
            return true
        }
        let settings = logSettings(of: topic.name)
        switch kind {
        case .recovery, .checkpoint, .removal: return false
        case .retention:
            let now = clock.wallClock()
            guard let due = log.retentionDue(settings, now: now) else { return false }
            if due > now {
                let known = upkeep.restingDue[key.topicID] ?? due
                upkeep.restingDue[key.topicID] = min(known, due)
            }
            return due <= now
        case .compaction:
            // Only what lies before the last segment is cleaned, unless that one is overdue.
            return settings.cleanupPolicy.contains(.compact) && log.size > .zero
                && (log.segmentCount > 1 || settings.compaction.maxCompactionLag != nil)
        case .scrub: return log.size > .zero
        }
    }

    /// The logs that retention goes through: open ones with something to lose, and those that rest
    /// in topics where one of them may have.
    func surveyForRetention() -> [PartitionKey] {
        let open = partitions.all.filter { $0.log.size > .zero || $0.log.producerCount > 0 }
            .map(\.key)
        let now = clock.wallClock()
        var resting: [PartitionKey] = []
        upkeep.restingDue = upkeep.restingDue.filter { image[topic: $0.key] != nil }
        for topic in image.topics.values
        where upkeep.restingDue[topic.id].map({ $0 <= now }) ?? true {
            upkeep.restingDue[topic.id] = Timestamp(milliseconds: .max)
            resting += partitions.resting(of: topic.name).map {
                PartitionKey(topicID: topic.id, index: $0)
            }
        }
        return open + resting
    }

    /// Compacted logs that rest.
    var restingCandidates: [PartitionKey] {
        image.topics.values.flatMap { topic -> [PartitionKey] in
            let resting = partitions.resting(of: topic.name)
            guard !resting.isEmpty,
                configs(of: topic.name).value(of: "cleanup.policy")?.contains("compact") == true
            else { return [] }
            return resting.map { PartitionKey(topicID: topic.id, index: $0) }
        }
    }

    /// Logs that rest, with the paths of their directories: a scrub goes through them too.
    var restingLogs: [(directory: String, name: LogName, key: PartitionKey)] {
        image.topics.values.flatMap { topic in
            partitions.resting(of: topic.name).compactMap { index in
                guard let name = LogName(topic: topic.name, partition: index),
                    let directory = try? node.directory(of: name)
                else { return nil }
                return (directory.path, name, PartitionKey(topicID: topic.id, index: index))
            }
        }
    }
}
