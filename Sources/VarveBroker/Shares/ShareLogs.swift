internal import VarveBytes
internal import VarveLog
internal import VarveMetadata
internal import VarveRecords
internal import VarveShares
internal import VarveSystem
internal import VarveTerms
internal import VarveWire

/// The logs of share groups: reading their coordinators, and writing what these decide.
extension Broker {
    // MARK: Groups

    /// Hands the coordinator of a share group to `body`, and writes what it decides.
    func withShareGroups<Answer>(
        of group: String, _ work: inout ShareWork,
        _ body: (inout ShareGroupCoordinator, inout [ShareGroupRecord]) throws(ShareRefusal) ->
            Answer
    ) throws(ShareTrouble) -> Answer {
        guard let partition = offsetsPartition(of: group, at: work.wallClock) else {
            throw .noCoordinator
        }
        return try withShareGroups(in: partition, &work, body)
    }

    /// The same with the coordinator of a partition of `__consumer_offsets`.
    func withShareGroups<Answer>(
        in partition: Partition, _ work: inout ShareWork,
        _ body: (inout ShareGroupCoordinator, inout [ShareGroupRecord]) throws(ShareRefusal) ->
            Answer
    ) throws(ShareTrouble) -> Answer {
        guard var coordinator = takeShareGroups(of: partition, at: work.now) else {
            throw .noCoordinator
        }
        defer { work.logs.append(partition) }
        var records: [ShareGroupRecord] = []
        let answer: Answer
        do throws(ShareRefusal) {
            answer = try body(&coordinator, &records)
        } catch {
            shares.groups.put(coordinator, at: partition.index)
            throw .refused(error)
        }
        shares.groups.put(coordinator, at: partition.index)
        try keep(records, in: partition, work)
        return answer
    }

    /// The coordinator of a partition, taken out so that it is changed in place.
    private func takeShareGroups(
        of partition: Partition, at now: Instant
    ) -> ShareGroupCoordinator? {
        if let coordinator = shares.groups.take(partition.index) {
            return coordinator
        }
        var coordinator = ShareGroupCoordinator()
        let isRead = forEachRecord(of: partition) { key, value throws(WireError) in
            if let record = try ShareGroupRecord(key: key, value: value) {
                coordinator.apply(record)
            }
        }
        guard isRead else { return nil }
        coordinator.begin(at: now) { shareConfigs(of: $0).settings }
        return coordinator
    }

    /// Whether there is a share group of a name. It makes no topic for that.
    func hasShareGroup(_ name: String) -> Bool {
        guard let topic = image[topic: GroupHost.topic] else { return false }
        let index = GroupHost.partition(of: name, count: topic.partitions.count)
        if let known = shares.groups[index] { return known.has(name) }
        guard let partition = partitions[GroupHost.topic, index],
            let coordinator = takeShareGroups(of: partition, at: clock.now())
        else { return false }
        shares.groups.put(coordinator, at: index)
        return coordinator.has(name)
    }

    // MARK: States

    /// The partition of `__share_group_state` that keeps the state of a share partition; the topic
    /// is made when it is missing. Nil when it cannot be.
    func statePartition(of key: SharePartitionKey, at now: Timestamp) -> Partition? {
        if image[topic: ShareHost.stateTopic] == nil, !makeStateTopic(at: now) { return nil }
        guard let topic = image[topic: ShareHost.stateTopic] else { return nil }
        let index = key.statePartition(count: topic.partitions.count)
        if partitions[topic.name, index] == nil { try? openPartition(index, of: topic) }
        return partitions[topic.name, index]
    }

    private func makeStateTopic(at now: Timestamp) -> Bool {
        let configs = brokerConfigs
        var wanted = CreateTopicsRequest.CreatableTopic()
        wanted.name = ShareHost.stateTopic
        wanted.numPartitions = Int32(
            clamping: configs.integer("share.coordinator.state.topic.num.partitions") ?? 50)
        wanted.replicationFactor = 1
        let segment = configs.integer("share.coordinator.state.topic.segment.bytes") ?? 104_857_600
        wanted.configs = [
            .init(name: "cleanup.policy", value: "delete"),
            .init(name: "compression.type", value: "producer"),
            .init(name: "min.insync.replicas", value: "1"),
            .init(name: "retention.ms", value: "-1"),
            .init(name: "segment.bytes", value: "\(segment)"),
        ]
        return create(wanted, validateOnly: false, at: now).errorCode == .none
    }

    /// Hands the coordinator of a share partition's state to `body`, and writes what it decides.
    func withShareStates<Answer>(
        of key: SharePartitionKey, _ work: inout ShareWork,
        _ body: (inout ShareStateCoordinator, inout [ShareStateRecord]) throws(ShareRefusal) ->
            Answer
    ) throws(ShareTrouble) -> Answer {
        guard let partition = statePartition(of: key, at: work.wallClock) else {
            throw .noCoordinator
        }
        return try withShareStates(in: partition, &work, body)
    }

    /// The same with the coordinator of a partition of `__share_group_state`.
    func withShareStates<Answer>(
        in partition: Partition, _ work: inout ShareWork,
        _ body: (inout ShareStateCoordinator, inout [ShareStateRecord]) throws(ShareRefusal) ->
            Answer
    ) throws(ShareTrouble) -> Answer {
        guard var coordinator = takeShareStates(of: partition) else { throw .noCoordinator }
        defer { work.logs.append(partition) }
        var records: [ShareStateRecord] = []
        let answer: Answer
        do throws(ShareRefusal) {
            answer = try body(&coordinator, &records)
        } catch {
            shares.states[partition.index] = coordinator
            throw .refused(error)
        }
        shares.states[partition.index] = coordinator
        try keep(records, in: partition, work)
        return answer
    }

    private func takeShareStates(of partition: Partition) -> ShareStateCoordinator? {
        if let coordinator = shares.states.removeValue(forKey: partition.index) {
            return coordinator
        }
        let name = "share.coordinator.snapshot.update.records.per.snapshot"
        var coordinator = ShareStateCoordinator(
            updatesPerSnapshot: Int(brokerConfigs.integer(name) ?? 500))
        let isRead = forEachRecord(of: partition) { key, value throws(WireError) in
            if let record = try ShareStateRecord(key: key, value: value) {
                coordinator.apply(record)
            }
        }
        return isRead ? coordinator : nil
    }

    // MARK: Reading and writing

    /// Reads what clients may read of an internal partition: what is not flushed may be lost yet.
    /// Records that cannot be understood are passed over.
    /// - Returns: false when the log cannot be read, or has something that nobody knows of.
    private func forEachRecord(
        of partition: Partition, _ body: (RawSpan, RawSpan?) throws(WireError) -> Void
    ) -> Bool {
        guard !shares.unsettled.contains(ShareHost.LogPlace(partition)) else { return false }
        var scanner = RecordScanner()
        var offset = partition.reader.startOffset
        while true {
            guard let outcome = try? partition.reader.read(from: offset) else { return false }
            guard case .batches(let batches) = outcome else { return true }
            let isRead: Void? = try? batches.forEachRecord(with: &scanner, from: offset) {
                guard let key = $0.key else { return }
                try? body(key, $0.value)
            }
            guard isRead != nil else { return false }
            offset = batches.nextOffset
        }
    }

    private func keep(
        _ records: [some KeptRecord], in partition: Partition, _ work: ShareWork
    ) throws(ShareTrouble) {
        guard append(records, to: partition, at: work.wallClock) else {
            loseShares(of: partition)
            throw .noCoordinator
        }
        guard !records.isEmpty else { return }
        afterFlush.append { _ in
            if partition.flushFailure != nil { self.loseShares(of: partition) }
        }
    }

    /// What was decided could not be written: it is forgotten, and read anew when it is next
    /// asked for, but not before the turn ends, when it is known what the log has.
    func loseShares(of partition: Partition) {
        let place = ShareHost.LogPlace(partition)
        if partition.topic == ShareHost.stateTopic {
            shares.states[partition.index] = nil
            let count = image[topic: ShareHost.stateTopic]?.partitions.count ?? 1
            for key in shares.partitions.keys
            where key.statePartition(count: count) == partition.index {
                shares.forget(key)
            }
        } else {
            shares.groups.remove(partition.index)
        }
        guard shares.unsettled.insert(place).inserted else { return }
        afterFlush.append { _ in self.shares.unsettled.remove(place) }
    }
}
