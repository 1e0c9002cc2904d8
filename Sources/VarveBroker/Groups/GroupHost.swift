internal import VarveBytes
internal import VarveGroups
internal import VarveLog
internal import VarveMetadata
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// The group coordinators of this node: one for each partition of `__consumer_offsets`, read from
/// it when a group of it is first asked for.
///
/// *Threads*: owned by the broker's shard.
struct GroupHost {
    static let topic = InternalTopic.offsets.rawValue

    var coordinators = CoordinatorTable<GroupCoordinator>()
    /// The topics as coordinators were last told of them.
    var topics = TopicCatalog()
    /// The answers to OffsetCommits that wait, with the rows that need no coordinator filled in.
    var commits: [AnswerSlot: OffsetCommitResponse] = [:]
    /// The answers to DeleteGroups and OffsetDelete that wait.
    var deletions = PendingDeletions()
    /// How many members consumer groups have, counted now and then.
    private var memberCensus = (count: 0, isValidUntil: Instant(nanoseconds: .min))
    /// Requests whose answer comes later.
    private var waiting: [RequestToken: RequestContext] = [:]
    private var nextToken: UInt64 = 0

    mutating func token(for context: RequestContext) -> RequestToken {
        nextToken += 1
        let token = RequestToken(nextToken)
        waiting[token] = context
        return token
    }

    mutating func context(of token: RequestToken) -> RequestContext? {
        waiting.removeValue(forKey: token)
    }

    /// How many members all consumer groups of this node have, or had within the last second: what
    /// hangs on it, the pause between heartbeats, need not be exact.
    /// - Complexity: O(groups), once a second.
    mutating func consumerMemberCount(at now: Instant) -> Int {
        if now >= memberCensus.isValidUntil {
            let count = coordinators.indices.reduce(0) {
                $0 + (coordinators[$1]?.consumerMemberCount ?? 0)
            }
            memberCensus = (count, now.advanced(by: .seconds(1)))
        }
        return memberCensus.count
    }

    /// The partition that keeps a group: by the hash that Java gives to its name.
    static func partition(of group: String, count: Int) -> Int32 {
        var hash: Int32 = 0
        for unit in group.utf16 { hash = hash &* 31 &+ Int32(unit) }
        // The absolute value, and 0 for the one number that has none.
        let magnitude = hash == .min ? 0 : Int(hash.magnitude)
        return Int32(magnitude % max(1, count))
    }
}

extension Broker {
    var groupSettings: GroupSettings {
        var group = GroupSettings()
        let milliseconds = { (name: String) in
            Duration.milliseconds(self.settings.configs.integer(name) ?? 0)
        }
        group.initialRebalanceDelay = milliseconds("group.initial.rebalance.delay.ms")
        group.sessionTimeoutMin = milliseconds("group.min.session.timeout.ms")
        group.sessionTimeoutMax = milliseconds("group.max.session.timeout.ms")
        group.consumerTimes = ConsumerTimes(settings.configs)
        group.consumerGroupSizeMax = Int(
            settings.configs.integer("group.consumer.max.size") ?? Int64(Int32.max))
        let assignors = settings.configs.list("group.consumer.assignors")
            .compactMap(PartitionAssignor.init(rawValue:))
        if !assignors.isEmpty { group.assignors = assignors }
        let policy = settings.configs["group.consumer.migration.policy"]?.lowercased()
        group.migrationPolicy =
            policy.flatMap(GroupMigrationPolicy.init(rawValue:)) ?? .bidirectional
        group.groupSizeMax = Int(settings.configs.integer("group.max.size") ?? Int64(Int32.max))
        group.offsetMetadataLengthMax = Int(
            settings.configs.integer("offset.metadata.max.bytes") ?? 4096)
        let minutes = settings.configs.integer("offsets.retention.minutes") ?? 10_080
        group.offsetsRetention = .seconds(minutes * 60)
        group.offsetsRetentionCheckInterval = milliseconds("offsets.retention.check.interval.ms")
        return group
    }

    /// The partition of `__consumer_offsets` that keeps a group; the topic is made when it is
    /// missing. Nil when it cannot be.
    func offsetsPartition(of group: String, at now: Timestamp) -> Partition? {
        partition(of: .offsets, at: now) { GroupHost.partition(of: group, count: $0) }
    }

    /// Hands a request to the coordinator of a group.
    ///
    /// - Parameter body: takes the coordinator, the request's token, the time, and the effects.
    /// - Returns: false when no coordinator can be had: the topic cannot be made or read.
    func withCoordinator(
        of group: String, _ context: RequestContext, on loop: EventLoop,
        _ body: (inout GroupCoordinator, RequestToken, Moment, inout [GroupEffect]) -> Void
    ) -> Bool {
        guard let partition = offsetsPartition(of: group, at: context.wallClock) else {
            return false
        }
        let now = Moment(instant: context.arrival, timestamp: context.wallClock)
        var effects: [GroupEffect] = []
        guard var coordinator = takeCoordinator(of: partition, at: now, into: &effects) else {
            return false
        }
        let token = groups.token(for: context)
        body(&coordinator, token, now, &effects)
        groups.coordinators.put(coordinator, at: partition.index)
        perform(effects, of: partition, at: context.wallClock)
        return true
    }

    /// Hands every coordinator of this node to `body`; one that cannot be read is left out.
    func withEveryCoordinator(
        at now: Moment, _ body: (inout GroupCoordinator, inout [GroupEffect]) -> Void
    ) {
        for partition in partitions.partitions(of: GroupHost.topic) {
            var effects: [GroupEffect] = []
            guard var coordinator = takeCoordinator(of: partition, at: now, into: &effects) else {
                continue
            }
            body(&coordinator, &effects)
            groups.coordinators.put(coordinator, at: partition.index)
            perform(effects, of: partition, at: now.timestamp)
        }
    }

    /// The coordinator of a partition, read from it when it was not yet; it is taken out while it
    /// works: it is changed in place, and nobody else sees it then.
    private func takeCoordinator(
        of partition: Partition, at now: Moment, into effects: inout [GroupEffect]
    ) -> GroupCoordinator? {
        if let coordinator = groups.coordinators.take(partition.index) { return coordinator }
        var coordinator = loadCoordinator(of: partition)
        coordinator?.begin(at: now, into: &effects)
        return coordinator
    }

    /// Reads a partition of `__consumer_offsets`; nil when that fails.
    private func loadCoordinator(of partition: Partition) -> GroupCoordinator? {
        // A log that a failed flush has stopped shows records that it will lose.
        guard !partition.upkeep.isSuspect else { return nil }
        var coordinator = GroupCoordinator(settings: groupSettings)
        let isRead = partition.forEachStoredRecord { marker, header in
            coordinator.end(marker.outcome, of: header.producerId)
        } _: { record, header in
            guard let key = record.key,
                let decoded = try? GroupRecordCoding.decode(key: key, value: record.value)
            else { return }
            if header.attributes.isTransactional {
                coordinator.apply(decoded, ofTransactionOf: header.producerId)
            } else {
                coordinator.apply(decoded)
            }
        }
        return isRead ? coordinator : nil
    }

    /// Lets the timers of all coordinators run.
    func expireGroups(_ now: Instant) {
        guard let due = groups.coordinators.nextDeadline, due <= now else { return }
        let moment = Moment(instant: now, timestamp: clock.wallClock())
        for index in groups.coordinators.takeDue(at: now) {
            guard let partition = partitions[GroupHost.topic, index],
                var coordinator = groups.coordinators.take(index)
            else { continue }
            var effects: [GroupEffect] = []
            coordinator.expire(at: moment, into: &effects)
            groups.coordinators.put(coordinator, at: index)
            perform(effects, of: partition, at: moment.timestamp)
        }
    }

    // MARK: Effects

    /// Writes what a coordinator decided, and answers once that is durable.
    private func perform(_ effects: [GroupEffect], of partition: Partition, at now: Timestamp) {
        var answers: [(RequestToken, GroupAnswer)] = []
        for effect in effects {
            switch effect {
            case .append(let records):
                guard append(records, to: partition, at: now) else {
                    return giveUp(partition, answers: answers, at: now)
                }
            case .appendTransactional(let records, let producer):
                guard append(records, of: producer, to: partition, at: now) else {
                    return giveUp(partition, answers: answers, at: now)
                }
            case .answer(let token, let answer): answers.append((token, answer))
            }
        }
        guard !answers.isEmpty else { return }
        afterFlush.append { loop in
            if partition.flushFailure != nil {
                return self.giveUp(partition, answers: answers, at: now)
            }
            for (token, answer) in answers { self.send(answer, to: token, on: loop) }
        }
    }

    private func append(
        _ records: [GroupRecord], of producer: TransactionalProducer? = nil,
        to partition: Partition, at now: Timestamp
    ) -> Bool {
        var builder = RecordBatchBuilder()
        var batch = BatchSettings()
        if let producer {
            batch.kind = .transactional
            batch.producer = ProducerStamp(
                id: producer.id, epoch: producer.epoch, baseSequence: nil)
        }
        builder.begin(batch)
        var key = WireWriter()
        var value = WireWriter()
        do {
            for record in records {
                key.removeAll()
                value.removeAll()
                try GroupRecordCoding.encodeKey(of: record, into: &key)
                if try GroupRecordCoding.encodeValue(of: record, into: &value) {
                    _ = try builder.append(
                        key: key.buffer.bytes, value: value.buffer.bytes, timestamp: now)
                } else {
                    _ = try builder.append(key: key.buffer.bytes, value: nil, timestamp: now)
                }
            }
            _ = try builder.seal()
            try write(builder.sealedBytes, to: partition, checking: .frame, now: now)
        } catch {
            return false
        }
        note(partition)
        return true
    }

    /// What was decided could not be written: nobody hears of it, the members look for the
    /// coordinator again, and it is read anew.
    private func giveUp(
        _ partition: Partition, answers: [(RequestToken, GroupAnswer)], at now: Timestamp
    ) {
        refuseAll(answers.map(\.0))
        resign(partition)
    }

    /// Ends the coordinator of a partition: whoever waits for it looks for another one.
    func resign(_ partition: Partition) {
        guard var coordinator = groups.coordinators.remove(partition.index) else { return }
        var lost: [RequestToken] = []
        var effects: [GroupEffect] = []
        let now = Moment(instant: clock.now(), timestamp: clock.wallClock())
        coordinator.resign(at: now, into: &effects)
        for effect in effects {
            if case .answer(let token, _) = effect { lost.append(token) }
        }
        refuseAll(lost)
    }

    private func refuseAll(_ lost: [RequestToken]) {
        afterFlush.append { loop in
            for token in lost {
                guard let context = self.groups.context(of: token) else { continue }
                self.refuseGroupRequest(context, .notCoordinator, on: loop)
            }
        }
    }
}
