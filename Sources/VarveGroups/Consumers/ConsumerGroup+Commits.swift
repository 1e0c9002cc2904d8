import VarveTerms

/// Who may commit offsets of a consumer group.
extension ConsumerGroup {
    /// Why a TxnOffsetCommit is refused. A producer that names no member is trusted: old clients
    /// cannot name one.
    func refusal(ofTransactional claim: MemberClaim) -> GroupError? {
        if claim.generation < 0, members.isEmpty || claim.memberID.isEmpty { return nil }
        guard let member = members[claim.memberID] else { return .unknownMemberID }
        return member.current.epoch == claim.generation ? nil : .illegalGeneration
    }

    /// Why an OffsetCommit is refused. A member may come with an epoch before its present one, if
    /// it had the partitions then and has them still (KIP-1251): its commit may have been on its
    /// way while a heartbeat brought the next.
    func refusal(of request: CommitRequest) -> GroupError? {
        let claim = request.claim
        if claim.generation < 0, members.isEmpty { return nil }
        guard let member = members[claim.memberID] else { return .unknownMemberID }
        if let instance = claim.instanceID, let known = instances[instance],
            known != claim.memberID
        {
            return .fencedInstanceID
        }
        let epoch = member.current.epoch
        guard member.profile.classic == nil else {
            return claim.generation == epoch ? nil : .illegalGeneration
        }
        // Older clients know nothing of epochs.
        if request.version < 9 { return .unsupportedVersion }
        if claim.generation == epoch { return nil }
        guard claim.generation >= 0, claim.generation < epoch else { return .staleMemberEpoch }
        let isOwner = request.topics.allSatisfy { topic in
            topic.partitions.allSatisfy { partition in
                let since =
                    member.current.assigned[topic.topicID, partition.partition]
                    ?? member.current.pendingRevocation[topic.topicID, partition.partition]
                return since.map { $0 <= claim.generation } ?? false
            }
        }
        return isOwner ? nil : .staleMemberEpoch
    }
}
