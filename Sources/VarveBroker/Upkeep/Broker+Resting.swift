internal import VarveLog
internal import VarveMetadata
internal import VarveShares
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
        let opened = partition(topic.name, key.index)
        opened?.upkeep.isVisited = true
        return opened
    }

    // MARK: Putting logs to rest

    /// How many logs stay open though nobody uses them: 2 MB at most, with few bytes in each.
    private static let idleCountMax = 1000

    /// Background work is done with a log for now: it is closed, if it was opened for that.
    func didVisit(_ key: PartitionKey) {
        guard let partition = partitions[key.topicID, key.index], partition.upkeep.isVisited else {
            return
        }
        putToRest(partition)
    }

    /// Closes a log that no request asked for since the last round, where many are open.
    func restIfIdle(_ partition: Partition) {
        let isIdle = !partition.upkeep.isUsed && partitions.openCount > Self.idleCountMax
        partition.upkeep.isUsed = false
        if isIdle { putToRest(partition) }
    }

    /// Closes a log; its next use opens it again.
    func putToRest(_ partition: Partition) {
        let name = partition.log.name
        guard mayRest(partition), let topic = image[topic: partition.topicID],
            let directory = try? node.directory(of: name)
        else { return }
        do throws(LogError) {
            try directory.closeLog(name)
            partitions.addResting(partition.index, of: topic)
            guard partition.log.ends.written > .zero else { return }
            noteRetention(of: try directory.look(atResting: name), topic)
        } catch {
            guard directory.openLogs[name] == nil else {
                return noteStop(error, of: partition)
            }
            partitions.addClosed(partition.index, of: topic)
            noteLackOfPartitions(of: topic.name, error)
        }
    }

    /// Whether nobody has anything to do with a partition at the end of a turn.
    private func mayRest(_ partition: Partition) -> Bool {
        let key = partition.key
        return !partition.isInternal && !partition.isDirty && partition.waiters.isEmpty
            && !partition.upkeep.isCandidate && !partition.upkeep.isSuspect
            && !partition.upkeep.isFailing
            && upkeep.cleaning?.key != key && upkeep.scrub.current?.key != key
            && !shares.partitions.keys.contains {
                $0.topicID == key.topicID && $0.partition == key.index
            }
    }

    private func isWorthOpening(
        _ key: PartitionKey, of topic: TopicImage, for kind: UpkeepKind
    ) -> Bool {
        let place = LogName(topic: topic.name, partition: key.index).flatMap { name in
            (try? node.directory(of: name)).flatMap { $0 }.map { (name: name, directory: $0) }
        }
        if let place, place.directory.isEmpty(resting: place.name) { return false }
        guard let (name, directory) = place,
            let needsRecovery = try? directory.needsRecovery(name), !needsRecovery,
            let log = try? directory.look(atResting: name)
        else {
            // Opening it recovers it, or tells what is wrong.
            return true
        }
        let settings = logSettings(of: topic.name)
        switch kind {
        case .recovery, .checkpoint, .removal: return false
        case .retention:
            return noteRetention(of: log, topic)
        case .compaction:
            // Only what lies before the last segment is cleaned, unless that one is overdue.
            return settings.cleanupPolicy.contains(.compact) && log.size > .zero
                && (log.segmentCount > 1 || settings.compaction.maxCompactionLag != nil)
        case .scrub: return log.size > .zero
        }
    }

    /// Takes note of when retention has something to do in a log that rests.
    /// - Returns: whether it has now.
    @discardableResult
    private func noteRetention(of log: RestingLog, _ topic: TopicImage) -> Bool {
        let now = clock.wallClock()
        guard let due = log.retentionDue(logSettings(of: topic.name), now: now) else {
            return false
        }
        // Of a topic that was not looked at whole nothing is known yet.
        if let known = upkeep.restingDue[topic.id] { upkeep.restingDue[topic.id] = min(known, due) }
        return due <= now
    }

    /// The logs that retention goes through: open ones with something to lose, and those that rest
    /// in topics where one of them may have.
    func surveyForRetention() -> [PartitionKey] {
        let areMany = partitions.openCount > Self.idleCountMax
        let open = partitions.all.filter {
            areMany || $0.log.size > .zero || $0.log.producerCount > 0
        }.map(\.key)
        let now = clock.wallClock()
        var resting: [PartitionKey] = []
        upkeep.restingDue = upkeep.restingDue.filter { image[topic: $0.key] != nil }
        for topic in image.topicsByName
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
        image.topicsByName.flatMap { topic -> [PartitionKey] in
            let resting = partitions.resting(of: topic.name)
            guard !resting.isEmpty,
                configs(of: topic.name).value(of: "cleanup.policy")?.contains("compact") == true
            else { return [] }
            return resting.map { PartitionKey(topicID: topic.id, index: $0) }
        }
    }

    /// Logs that rest, with the paths of their directories: a scrub goes through them too.
    var restingLogs: [(directory: String, name: LogName, key: PartitionKey)] {
        image.topicsByName.flatMap { topic in
            partitions.resting(of: topic.name).compactMap { index in
                guard let name = LogName(topic: topic.name, partition: index),
                    let directory = try? node.directory(of: name)
                else { return nil }
                return (directory.path, name, PartitionKey(topicID: topic.id, index: index))
            }
        }
    }
}

extension Partition {
    /// A request asked for it.
    func noteUse() {
        upkeep.isUsed = true
        upkeep.isVisited = false
    }
}
