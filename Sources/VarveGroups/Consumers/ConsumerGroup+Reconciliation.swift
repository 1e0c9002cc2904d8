import VarveTerms

/// The way of a member from what it has to what it is to have.
///
///     stable ──has too much──▶ unrevoked ──handed back──▶ the next epoch
///       ▲  └───lacks some that others still have──▶ unreleased
///       └──────────────all that the target gives──────┘
extension ConsumerGroup {
    /// Leads a member one step on.
    ///
    /// - Parameter owned: what it says that it has; nil when it says nothing.
    mutating func reconcile(
        _ memberID: String, owning owned: PartitionSet?, _ turn: inout ConsumerTurn
    ) {
        guard let member = members[memberID], !isAtRest(member, turn) else { return }
        let next = step(member, owning: owned, turn)
        guard next != member.current else {
            if isThere(member) { noteWithinTarget(memberID) }
            return
        }
        write(.current(memberID, next), &turn)
        if next.state == .unrevoked, member.profile.classic == nil {
            let limit = Duration.milliseconds(max(member.profile.rebalanceTimeoutMs, 0))
            setDuty(turn.deadline(after: limit), of: memberID)
        } else {
            setDuty(nil, of: memberID)
        }
    }

    private func isThere(_ member: ConsumerMember) -> Bool {
        member.current.state == .stable && member.current.epoch == targetEpoch
    }

    /// Whether nothing is to be done for a member, as is known from before: it is where it is to
    /// be, and still wants the topics that it has.
    /// - Complexity: O(topics of the member)
    private func isAtRest(_ member: ConsumerMember, _ turn: ConsumerTurn) -> Bool {
        guard member.isWithinTarget, isThere(member) else { return false }
        let subscription = subscription(of: member.profile)
        return member.current.assigned.topics.keys.allSatisfy { topic in
            turn.topics.name(of: topic).map(subscription.contains) ?? false
        }
    }

    private func step(
        _ member: ConsumerMember, owning owned: PartitionSet?, _ turn: ConsumerTurn
    ) -> CurrentAssignment {
        let current = member.current
        let target = wantedTarget(of: member, turn)
        switch current.state {
        case .stable:
            if isThere(member), target.contains(current.assigned.partitions) { return current }
            return next(current, from: current.epoch, to: target, of: member.id, owning: owned)
        case .unrevoked:
            // What it does not speak of it still has.
            guard let owned, !current.pendingRevocation.intersects(owned) else { return current }
            let epoch = min(current.epoch &+ 1, max(current.epoch, targetEpoch))
            return next(current, from: epoch, to: target, of: member.id, owning: owned)
        case .unreleased, .unknown:
            return next(current, from: current.epoch, to: target, of: member.id, owning: owned)
        }
    }

    /// The member's target without topics that it does not want any more, or that are gone: it is
    /// to hand them back before the next target is computed.
    private func wantedTarget(of member: ConsumerMember, _ turn: ConsumerTurn) -> PartitionSet {
        var wanted = PartitionSet()
        let subscription = subscription(of: member.profile)
        for (topic, partitions) in (target[member.id] ?? PartitionSet()).topics {
            guard let name = turn.topics.name(of: topic), subscription.contains(name) else {
                continue
            }
            wanted.insert(partitions, of: topic)
        }
        return wanted
    }

    /// Keeps what the target gives and takes the rest away; once nothing is to be handed back, the
    /// member comes into the target's epoch and gets what nobody else has.
    private func next(
        _ current: CurrentAssignment, from epoch: Int32, to target: PartitionSet,
        of memberID: String, owning owned: PartitionSet?
    ) -> CurrentAssignment {
        var kept = EpochPartitions()
        var surplus = EpochPartitions()
        for (topic, epochs) in current.assigned.topics {
            for (partition, assignmentEpoch) in epochs {
                if target.contains(partition, of: topic) {
                    kept[topic, partition] = assignmentEpoch
                } else {
                    surplus[topic, partition] = assignmentEpoch
                }
            }
        }
        var next = current
        next.assigned = kept
        next.pendingRevocation = EpochPartitions()
        if !surplus.isEmpty, owned.map(surplus.intersects) ?? true {
            next.advance(to: epoch)
            (next.state, next.pendingRevocation) = (.unrevoked, surplus)
            return next
        }
        next.advance(to: targetEpoch)
        next.state = .stable
        for (topic, partitions) in target.topics {
            for partition in partitions where kept[topic, partition] == nil {
                if let owner = owners[topic]?[partition], owner != memberID {
                    next.state = .unreleased
                } else {
                    next.assigned[topic, partition] = targetEpoch
                }
            }
        }
        return next
    }
}

extension PartitionSet {
    /// Whether every one of `others` is among these.
    func contains(_ others: PartitionSet) -> Bool {
        others.topics.allSatisfy { topic, partitions in
            topics[topic].map { partitions.isSubset(of: $0) } ?? false
        }
    }
}
