import VarveTerms

/// Groups that change their protocol while they have members (KIP-848, "online migration").
extension GroupCoordinator {
    // MARK: Classic → consumer

    /// A member of the new protocol joins a classic group: its members go on in a consumer group,
    /// with what they have.
    ///
    /// - Throws: why that cannot be; the classic group goes on then.
    mutating func upgrade(
        _ classic: ClassicGroup, at now: Moment, into effects: inout [GroupEffect]
    ) throws(GroupRefusal) {
        guard settings.migrationPolicy.allowsUpgrade, classic.usesConsumerProtocol,
            classic.members.count <= settings.consumerGroupSizeMax
        else {
            throw GroupRefusal(.groupIDNotFound, "Group \(classic.id) is not a consumer group.")
        }
        let records = try consumerRecords(of: classic)
        withGroup(classic.id, at: now, into: &effects) { $0.resign(.rebalanceInProgress, &$1) }
        groups[classic.id] = nil
        effects.append([.group(classic.id, nil)], in: settings)
        consumerGroups[classic.id] = ConsumerGroup(id: classic.id)
        withConsumerGroup(classic.id, at: now, into: &effects) { group, turn in
            for record in records { group.write(record, &turn) }
            group.begin(turn)
        }
    }

    private func consumerRecords(
        of classic: ClassicGroup
    ) throws(GroupRefusal) -> [ConsumerRecord] {
        let epoch = max(classic.generation, ConsumerGroup.firstEpoch)
        var (profiles, targets, currents): ([ConsumerRecord], [ConsumerRecord], [ConsumerRecord])
        (profiles, targets, currents) = ([], [], [])
        var taken = PartitionSet()
        for member in classic.members.inOrder {
            let metadata =
                classic.protocolName.map(member.metadata(for:)) ?? member.protocols.first?.metadata
            guard let subscription = metadata.flatMap(ConsumerProtocol.subscription),
                let parts = ConsumerProtocol.assignment(member.assignment)
            else {
                throw GroupRefusal(
                    .groupIDNotFound,
                    "Cannot upgrade classic group \(classic.id) to consumer group because the "
                        + "embedded consumer protocol is malformed.")
            }
            var current = CurrentAssignment()
            (current.epoch, current.previousEpoch) = (epoch, epoch)
            for (topic, all) in topics.partitions(parts).topics {
                // A leader may have given one partition to two.
                for partition in all where !taken.contains(partition, of: topic) {
                    taken.insert(partition, of: topic)
                    current.assigned[topic, partition] = epoch
                }
            }
            profiles.append(.member(member.id, member.profile(subscription.topics)))
            targets.append(.target(member.id, current.assigned.partitions))
            currents.append(.current(member.id, current))
        }
        let hash = topics.fingerprint(of: classic.subscribedTopics ?? [])
        let stored = StoredTargetEpoch(epoch: epoch, timestamp: .none)
        return profiles + [.epoch(StoredEpoch(epoch: epoch, metadataHash: hash))] + targets
            + [.targetEpoch(stored)] + currents
    }

    // MARK: Consumer → classic

    /// The last member of the new protocol has left: the others go on in a classic group, and
    /// begin it with a rebalance. Nothing happens to any other group.
    mutating func downgradeIfDue(
        _ id: String, at now: Moment, into effects: inout [GroupEffect]
    ) {
        guard settings.migrationPolicy.allowsDowngrade, let group = consumerGroups[id],
            !group.members.isEmpty, group.members.count <= settings.groupSizeMax,
            group.members.values.allSatisfy({ $0.profile.classic != nil })
        else { return }
        var classic = ClassicGroup(id: id, classicForm(of: group, at: now.timestamp))
        for member in group.members.values {
            guard let known = member.profile.classic else { continue }
            classic.members.update(member.id) { $0.protocols = known.protocols }
        }
        classic.protocolName = classic.members.electedProtocol
        classic.noteSubscriptions()
        consumerGroups[id] = nil
        effects.append(group.tombstones, in: settings)
        groups[id] = classic
        effects.append([.group(id, classic.record(assignment: \.assignment))], in: settings)
        withGroup(id, at: now, into: &effects) { classic, turn in
            classic.begin(&turn)
            classic.rebalance(&turn)
        }
    }

    private func classicForm(of group: ConsumerGroup, at now: Timestamp) -> StoredGroup {
        let order = group.members.values.sorted { $0.id < $1.id }
        let members = order.map { member -> StoredMember in
            let first = member.profile.classic?.protocols.first
            let version = first.flatMap { ConsumerProtocol.subscription($0.metadata) }?.version ?? 0
            let parts = topics.names(of: group.target[member.id] ?? PartitionSet())
            return StoredMember(
                memberID: member.id, instanceID: member.profile.instanceID,
                clientID: member.profile.clientID, clientHost: member.profile.clientHost,
                rebalanceTimeoutMs: member.profile.rebalanceTimeoutMs,
                sessionTimeoutMs: member.profile.classic?.sessionTimeoutMs ?? 0,
                subscription: first?.metadata ?? [],
                assignment: ConsumerProtocol.encode(parts, version: version))
        }
        let name = order.first?.profile.classic?.protocols.first?.name
        return StoredGroup(
            protocolType: ConsumerSubscription.protocolType, generation: group.epoch,
            protocolName: name, leader: order.first?.id, stateTimestamp: now, members: members)
    }
}

extension GroupMember {
    /// What it says of itself, in a consumer group.
    fileprivate func profile(_ topics: [String]) -> MemberProfile {
        MemberProfile(
            instanceID: instanceID, clientID: clientID, clientHost: clientHost,
            subscribedTopics: Set(topics),
            rebalanceTimeoutMs: Int32(clamping: rebalanceTimeout.wholeMilliseconds),
            classic: ClassicMembership(
                sessionTimeoutMs: Int32(clamping: sessionTimeout.wholeMilliseconds),
                protocols: protocols))
    }
}
