public import VarveTerms

/// Where a leader epoch begins in a log: the offset of the first record that its leader appended.
public struct LeaderEpochEntry: Hashable, Sendable {
    public var epoch: LeaderEpoch
    public var startOffset: Offset

    public init(_ epoch: LeaderEpoch, from startOffset: Offset) {
        self.epoch = epoch
        self.startOffset = startOffset
    }

    /// Whether this entry may follow `previous`: both numbers are larger.
    public func liesAbove(_ previous: LeaderEpochEntry) -> Bool {
        epoch > previous.epoch && startOffset > previous.startOffset
    }
}
