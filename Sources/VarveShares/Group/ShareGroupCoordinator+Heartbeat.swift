public import VarveTerms

/// What members ask for.
extension ShareGroupCoordinator {
    /// What a heartbeat is judged by beside the group itself.
    public struct Grounds {
        public var now: Instant
        public var wallClock: Timestamp
        public var settings: ShareGroupSettings
        /// The topic of a name, as there is one now.
        public var topic: (String) -> ShareTopic?

        public init(
            now: Instant, wallClock: Timestamp, settings: ShareGroupSettings,
            topic: @escaping (String) -> ShareTopic?
        ) {
            (self.now, self.wallClock) = (now, wallClock)
            (self.settings, self.topic) = (settings, topic)
        }
    }

    /// ShareGroupHeartbeat.
    ///
    /// - Returns: the answer, and the states that are to be made. Once they are durable the caller
    ///   says so with `didInitialize`; the next heartbeat assigns their partitions.
    /// - Throws: what the member is told instead; nothing was changed then.
    public mutating func heartbeat(
        _ beat: ShareHeartbeat, _ grounds: Grounds, into records: inout [ShareGroupRecord]
    ) throws(ShareRefusal) -> (ShareHeartbeatAnswer, ShareInitialization?) {
        if let refusal = beat.refusal { throw refusal }
        guard groups[beat.group] != nil || beat.epoch == 0 else {
            throw ShareRefusal(.groupIDNotFound, "Share group \(beat.group) not found.")
        }
        let group = groups[beat.group] ?? ShareGroup(id: beat.group)
        if beat.epoch == -1 { return (try leave(beat, group, into: &records), nil) }
        if let refusal = group.refusal(of: beat.member, epoch: beat.epoch) { throw refusal }
        let limit = grounds.settings.memberCountMax
        guard group.members[beat.member] != nil || group.members.count < limit else {
            throw ShareRefusal(
                .groupMaxSizeReached,
                "The share group has reached its maximum capacity of \(limit) members.")
        }
        let before = group.members[beat.member]?.current
        update(group, with: beat, grounds, into: &records)
        retarget(beat.group, grounds, into: &records)
        let current = reconcile(beat.member, in: beat.group, into: &records)
        let needed = neededStates(of: beat.group, grounds, into: &records)
        let sessionEnd = grounds.now.advanced(by: grounds.settings.sessionTimeout)
        groups[beat.group]?.members[beat.member]?.sessionEnd = sessionEnd
        alarms.set(groups[beat.group]?.firstSessionEnd, for: beat.group)
        // Who comes with the epoch before the present one has not heard of what came with this.
        let isTold =
            beat.epoch == 0 || current.assignment != before?.assignment
            || beat.epoch != before?.epoch
        let answer = ShareHeartbeatAnswer(
            epoch: current.epoch, interval: grounds.settings.heartbeatInterval,
            assignment: isTold ? current.assignment : nil)
        return (answer, needed)
    }

    private mutating func leave(
        _ beat: ShareHeartbeat, _ group: ShareGroup, into records: inout [ShareGroupRecord]
    ) throws(ShareRefusal) -> ShareHeartbeatAnswer {
        guard group.members[beat.member] != nil else {
            throw ShareRefusal(
                .unknownMemberID,
                "Member \(beat.member) is not a member of group \(beat.group).")
        }
        remove(beat.member, from: beat.group, into: &records)
        return ShareHeartbeatAnswer(epoch: -1)
    }

    /// Writes down what the member says of itself, and raises the group's epoch where that, or its
    /// topics, are others now.
    private mutating func update(
        _ group: ShareGroup, with beat: ShareHeartbeat, _ grounds: Grounds,
        into records: inout [ShareGroupRecord]
    ) {
        let old = group.members[beat.member]?.profile
        let profile = ShareMemberProfile(
            rackID: beat.rackID ?? old?.rackID, clientID: beat.clientID,
            clientHost: beat.clientHost,
            topics: beat.topics.map { Set($0).sorted() } ?? old?.topics ?? [])
        if profile != old {
            add(.member(group: group.id, member: beat.member, profile), to: &records)
        }
        let names = groups[group.id]?.subscribedTopics ?? []
        let hash = Self.hash(of: names, grounds.topic)
        // As long as a target is due it will take in whatever changes until then.
        let isTargetDue = group.targetEpoch.epoch < group.epoch.epoch
        let isShort = !isTargetDue && group.targetPartitions != group.assignable(to: names)
        if profile.topics != old?.topics || hash != group.epoch.topicsHash || isShort {
            raiseEpoch(of: group.id, topicsHash: hash, into: &records)
        }
    }

    /// Makes a new target assignment where the group's epoch asks for one.
    private mutating func retarget(
        _ id: String, _ grounds: Grounds, into records: inout [ShareGroupRecord]
    ) {
        guard let group = groups[id], group.targetEpoch.epoch < group.epoch.epoch else { return }
        let age = grounds.wallClock.milliseconds(since: group.targetEpoch.timestamp)
        let interval = grounds.settings.assignmentInterval / .milliseconds(1)
        guard group.targetPartitions.isEmpty || age < 0 || Double(age) >= interval else { return }
        let assigned = ShareAssignor.assign(
            group.members.mapValues { group.assignable(to: $0.profile.topics) },
            previous: group.target)
        for member in assigned.keys.sorted() {
            guard let assignment = assigned[member], group.target[member] != assignment else {
                continue
            }
            add(.target(group: id, member: member, assignment), to: &records)
        }
        let epoch = ShareTargetEpoch(epoch: group.epoch.epoch, timestamp: grounds.wallClock)
        add(.targetEpoch(group: id, epoch), to: &records)
    }

    /// Brings a member to the target's epoch: nobody has to give anything up first.
    private mutating func reconcile(
        _ member: String, in id: String, into records: inout [ShareGroupRecord]
    ) -> ShareCurrentAssignment {
        guard let group = groups[id], var current = group.members[member]?.current else {
            preconditionFailure("member \(member) of \(id) was written down before")
        }
        let target = group.target[member] ?? ShareAssignment()
        guard current.epoch != group.targetEpoch.epoch || current.assignment != target,
            group.target[member] != nil || current.epoch == 0
        else { return current }
        current = ShareCurrentAssignment(
            epoch: group.targetEpoch.epoch, previousEpoch: current.epoch, assignment: target)
        add(.current(group: id, member: member, current), to: &records)
        return current
    }

    // MARK: States

    /// The subscribed partitions that have no state so far.
    private mutating func neededStates(
        of id: String, _ grounds: Grounds, into records: inout [ShareGroupRecord]
    ) -> ShareInitialization? {
        guard let group = groups[id] else { return nil }
        var topics = group.topics
        var needed: [TopicPartition] = []
        for name in group.subscribedTopics.sorted() {
            guard let topic = grounds.topic(name), topic.partitionCount > 0 else { continue }
            let missing = Set(0..<topic.partitionCount)
                .subtracting(topics.initialized[topic.id]?.partitions ?? [])
            guard !missing.isEmpty else { continue }
            topics.initializing[topic.id] = .init(name: name, partitions: missing)
            topics.deleting[topic.id] = nil
            needed += missing.map { TopicPartition(topicID: topic.id, index: $0) }
        }
        guard !needed.isEmpty else { return nil }
        if topics != group.topics { add(.topics(group: id, topics), to: &records) }
        return ShareInitialization(
            group: id, stateEpoch: group.epoch.epoch, partitions: ShareAssignment(needed))
    }

    /// The states of these partitions are durable.
    public mutating func didInitialize(
        _ partitions: ShareAssignment, of id: String, into records: inout [ShareGroupRecord]
    ) {
        guard var topics = groups[id]?.topics else { return }
        for row in partitions.rows {
            guard let waiting = topics.initializing[row.topicID] else { continue }
            let made = waiting.partitions.intersection(row.partitions)
            let rest = waiting.partitions.subtracting(made)
            topics.initializing[row.topicID] =
                rest.isEmpty ? nil : .init(name: waiting.name, partitions: rest)
            topics.initialized[row.topicID, default: .init(name: waiting.name, partitions: [])]
                .partitions.formUnion(made)
        }
        guard topics != groups[id]?.topics else { return }
        add(.topics(group: id, topics), to: &records)
    }

    /// Tells one state of some topics from another: FNV-1a over names, ids and partition counts.
    static func hash(of names: Set<String>, _ topic: (String) -> ShareTopic?) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        var isAny = false
        let add = { (byte: UInt8) in hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for name in names.sorted() {
            guard let topic = topic(name) else { continue }
            isAny = true
            for byte in name.utf8 { add(byte) }
            for word in [
                topic.id.high, topic.id.low, UInt64(UInt32(bitPattern: topic.partitionCount)),
            ] {
                for shift in stride(from: UInt64(0), to: 64, by: 8) {
                    add(UInt8(word >> shift & 0xFF))
                }
            }
        }
        return isAny ? Int64(bitPattern: hash) : 0
    }
}
