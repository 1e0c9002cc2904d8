public import VarveTerms

/// Where a follower has to cut its log so that it agrees with its leader's.
public struct FollowerCut: Hashable, Sendable {
    /// The log is to end here, or before: nothing is cut if it does already.
    public var endOffset: Offset
    /// Whether the logs agree then. Where not, the leader is asked again, for the end of the epoch
    /// that is the follower's last one after the cut.
    public var isFinal: Bool

    public init(at endOffset: Offset, isFinal: Bool) {
        self.endOffset = endOffset
        self.isFinal = isFinal
    }
}

/// What a leader makes of the place that a follower fetches from.
public enum FollowerStanding: Hashable, Sendable {
    /// The follower's log is a part of this one.
    case agrees
    /// It is not: up to this end of this epoch it may be.
    case diverges(LeaderEpochHistory.EpochEnd)
    /// The follower's last epoch is not known here, so it cannot be told.
    case unknown
}

extension LeaderEpochHistory {
    /// Where a follower with this history has to cut its log.
    ///
    /// With (0, 0) (2, 120) (4, 170) and a log end of 200:
    ///
    /// | the leader says | cut at | because |
    /// |---|---|---|
    /// | 4 ends at 190 | 190 | both have epoch 4, the leader's is shorter |
    /// | 4 ends at 300 | 200 | ours is the shorter one: nothing is cut |
    /// | 3 ends at 150 | 150, ask again | epoch 3 is not known here: ours up to it ends at 170 |
    /// | 7 ends at 180 | 180 | all epochs here are lower |
    ///
    /// - Parameters:
    ///   - leader: the leader's answer for this log's latest epoch.
    ///   - logEnd: where the follower's log ends.
    /// *Source*: KIP-101, KIP-279.
    public func cut(for leader: EpochEnd, logEnd: Offset) -> FollowerCut {
        let limit = min(leader.endOffset, logEnd)
        guard let own = endOffset(of: leader.epoch, logEnd: logEnd) else {
            return FollowerCut(at: limit, isFinal: true)
        }
        guard own.epoch == leader.epoch else {
            return FollowerCut(at: min(limit, own.endOffset), isFinal: false)
        }
        return FollowerCut(at: min(own.endOffset, limit), isFinal: true)
    }

    /// What a leader with this history makes of a follower whose log ends at `offset`, with a batch
    /// of `epoch` last.
    /// *Source*: KIP-595 (truncation on fetch).
    public func standing(
        ofFollowerAt offset: Offset, epoch: LeaderEpoch, logEnd: Offset
    ) -> FollowerStanding {
        guard let own = endOffset(of: epoch, logEnd: logEnd) else { return .unknown }
        guard own.epoch == epoch, own.endOffset >= offset else { return .diverges(own) }
        return .agrees
    }
}
