internal import VarveBytes
internal import VarveLog
internal import VarveMetadata
internal import VarveRecords
internal import VarveShares
internal import VarveSystem
internal import VarveTerms
internal import VarveWire

/// A state machine of share groups on one partition of an internal topic.
protocol ShareCoordinator: TimedCoordinator {
    associatedtype Record: KeptRecord

    /// Where those of its kind are.
    static var table: WritableKeyPath<ShareHost, CoordinatorTable<Self>> { get }
    /// One that has read nothing.
    init(for broker: Broker)
    /// Takes a record of its partition.
    mutating func take(_ key: RawSpan, _ value: RawSpan?, at offset: Offset) throws(WireError)
    /// Its partition is read.
    mutating func begin(for broker: Broker, at now: Instant)
    /// What it decided was written; nothing may have been decided.
    mutating func didWrite(_ records: [Record], at offset: Offset?, now: Instant)
}

extension ShareGroupCoordinator: ShareCoordinator {
    static var table: WritableKeyPath<ShareHost, CoordinatorTable<Self>> { \.groups }

    init(for broker: Broker) { self.init() }

    mutating func take(_ key: RawSpan, _ value: RawSpan?, at offset: Offset) throws(WireError) {
        if let record = try ShareGroupRecord(key: key, value: value) { apply(record) }
    }

    mutating func begin(for broker: Broker, at now: Instant) {
        begin(at: now) { broker.shareConfigs(of: $0).settings }
        broker.forgetLostTopics(topicIDs)
    }

    mutating func didWrite(_ records: [ShareGroupRecord], at offset: Offset?, now: Instant) {}
}

extension ShareStateCoordinator: ShareCoordinator {
    static var table: WritableKeyPath<ShareHost, CoordinatorTable<Self>> { \.states }

    init(for broker: Broker) { self.init(ShareStateSettings(broker.settings.configs)) }

    mutating func take(_ key: RawSpan, _ value: RawSpan?, at offset: Offset) throws(WireError) {
        if let record = try ShareStateRecord(key: key, value: value) { apply(record, at: offset) }
    }

    mutating func begin(for broker: Broker, at now: Instant) {}

    mutating func didWrite(_ records: [ShareStateRecord], at offset: Offset?, now: Instant) {
        noteUse(at: now)
        if let offset { didWrite(records, at: offset) }
    }
}

/// What a coordinator is asked: it decides records on the way.
typealias ShareDecision<Coordinator: ShareCoordinator, Answer> = (
    inout Coordinator, inout [Coordinator.Record]
) throws(ShareRefusal) -> Answer

/// The logs of share groups: reading their coordinators, and writing what these decide.
extension Broker {
    // MARK: Groups

    /// Hands the coordinator of a share group to `body`, and writes what it decides.
    func withShareGroups<Answer>(
        of group: String, _ work: inout ShareWork,
        _ body: ShareDecision<ShareGroupCoordinator, Answer>
    ) throws(ShareTrouble) -> Answer {
        try decide(in: offsetsPartition(of: group, at: work.wallClock), &work, body)
    }

    /// The same with the coordinator of a partition of `__consumer_offsets`.
    func withShareGroups<Answer>(
        in partition: Partition, _ work: inout ShareWork,
        _ body: ShareDecision<ShareGroupCoordinator, Answer>
    ) throws(ShareTrouble) -> Answer {
        try decide(in: partition, &work, body)
    }

    /// Whether there is a share group of a name. It makes no topic for that.
    func hasShareGroup(_ name: String) -> Bool {
        guard let topic = image[topic: GroupHost.topic] else { return false }
        let index = GroupHost.partition(of: name, count: topic.partitions.count)
        if let known = shares.groups[index] { return known.has(name) }
        guard let partition = partitions[GroupHost.topic, index],
            let coordinator: ShareGroupCoordinator = take(of: partition, at: clock.now())
        else { return false }
        shares.groups.put(coordinator, at: index)
        return coordinator.has(name)
    }

    // MARK: States

    /// The partition of `__share_group_state` that keeps the state of a share partition; the topic
    /// is made when it is missing. Nil when it cannot be.
    func statePartition(of key: SharePartitionKey, at now: Timestamp) -> Partition? {
        partition(of: .shareStates, at: now) { key.statePartition(count: $0) }
    }

    /// Hands the coordinator of a share partition's state to `body`, and writes what it decides.
    func withShareStates<Answer>(
        of key: SharePartitionKey, _ work: inout ShareWork,
        _ body: ShareDecision<ShareStateCoordinator, Answer>
    ) throws(ShareTrouble) -> Answer {
        try decide(in: statePartition(of: key, at: work.wallClock), &work, body)
    }

    /// The same with the coordinator of a partition of `__share_group_state`.
    func withShareStates<Answer>(
        in partition: Partition, _ work: inout ShareWork,
        _ body: ShareDecision<ShareStateCoordinator, Answer>
    ) throws(ShareTrouble) -> Answer {
        try decide(in: partition, &work, body)
    }

    // MARK: Reading and writing

    private func decide<Coordinator: ShareCoordinator, Answer>(
        in home: Partition?, _ work: inout ShareWork, _ body: ShareDecision<Coordinator, Answer>
    ) throws(ShareTrouble) -> Answer {
        guard let home, var coordinator: Coordinator = take(of: home, at: work.now) else {
            throw .noCoordinator
        }
        defer { work.logs.append(home) }
        var records: [Coordinator.Record] = []
        let answer: Answer
        do throws(ShareRefusal) {
            answer = try body(&coordinator, &records)
        } catch {
            shares[keyPath: Coordinator.table].put(coordinator, at: home.index)
            throw .refused(error)
        }
        let offset = try keep(records, in: home, work)
        coordinator.didWrite(records, at: offset, now: work.now)
        shares[keyPath: Coordinator.table].put(coordinator, at: home.index)
        return answer
    }

    /// The coordinator of a partition, taken out so that it is changed in place.
    private func take<Coordinator: ShareCoordinator>(
        of home: Partition, at now: Instant
    ) -> Coordinator? {
        if let known = shares[keyPath: Coordinator.table].take(home.index) { return known }
        var coordinator = Coordinator(for: self)
        let isRead = forEachRecord(of: home) { key, value, offset throws(WireError) in
            try coordinator.take(key, value, at: offset)
        }
        guard isRead else { return nil }
        coordinator.begin(for: self, at: now)
        return coordinator
    }

    /// Reads what clients may read of an internal partition: what is not flushed may be lost yet.
    /// Records that cannot be understood are passed over.
    /// - Returns: false when the log cannot be read, or has something that nobody knows of.
    private func forEachRecord(
        of partition: Partition, _ body: (RawSpan, RawSpan?, Offset) throws(WireError) -> Void
    ) -> Bool {
        guard !shares.unsettled.contains(ShareHost.LogPlace(partition)) else { return false }
        var scanner = RecordScanner()
        var offset = partition.reader.startOffset
        while true {
            guard let outcome = try? partition.reader.read(from: offset) else { return false }
            guard case .batches(let batches) = outcome else { return true }
            let isRead: Void? = try? batches.forEachRecord(with: &scanner, from: offset) {
                guard let key = $0.key else { return }
                try? body(key, $0.value, $0.offset)
            }
            guard isRead != nil else { return false }
            offset = batches.nextOffset
        }
    }

    /// - Returns: where the first one stands; nil when there are none.
    private func keep(
        _ records: [some KeptRecord], in partition: Partition, _ work: ShareWork
    ) throws(ShareTrouble) -> Offset? {
        guard !records.isEmpty else { return nil }
        guard let offset = append(records, to: partition, at: work.wallClock) else {
            loseShares(of: partition)
            throw .noCoordinator
        }
        afterFlush.append { _ in
            if partition.flushFailure != nil { self.loseShares(of: partition) }
        }
        return offset
    }

    /// What was decided could not be written: it is forgotten, and read anew when it is next
    /// asked for, but not before the turn ends, when it is known what the log has.
    func loseShares(of partition: Partition) {
        let place = ShareHost.LogPlace(partition)
        if partition.topic == ShareHost.stateTopic {
            shares.states.remove(partition.index)
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
