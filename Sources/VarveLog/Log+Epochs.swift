public import VarveTerms

extension Log {
    /// The leader epochs of the log's batches, each with its first offset.
    public var leaderEpochs: LeaderEpochHistory { epochs }

    /// Where the part of the log ends that leaders up to `epoch` appended, as OffsetForLeaderEpoch
    /// answers: the latest epoch ends at the log's end, one before it where the next begins; nil
    /// above the latest.
    public func endOffset(of epoch: LeaderEpoch) -> LeaderEpochHistory.EpochEnd? {
        epochs.endOffset(of: epoch, logEnd: ends.written)
    }

    /// Cuts this log, a follower's, where it leaves its leader's.
    ///
    /// - Parameter leader: where the leader says that this log's latest epoch ends.
    /// - Returns: where the log ends now; with `isFinal` false the leader is asked again.
    /// - Throws: as `truncate(to:)`.
    @discardableResult
    public func truncate(toAgreeWith leader: LeaderEpochHistory.EpochEnd) throws(LogError)
        -> FollowerCut
    {
        var cut = epochs.cut(for: leader, logEnd: ends.written)
        cut.endOffset = try truncate(to: cut.endOffset)
        return cut
    }

    /// What this log, a leader's, makes of a follower whose log ends at `offset`, with a batch of
    /// `epoch` last.
    public func standing(ofFollowerAt offset: Offset, epoch: LeaderEpoch) -> FollowerStanding {
        epochs.standing(ofFollowerAt: offset, epoch: epoch, logEnd: ends.written)
    }
}
