/// A counter that grows with each change of leader (KIP-101); a log that only one program ever
/// leads stays at 0. Batches carry −1 before a leader stamped them: there, it is nil.
@frozen
public struct LeaderEpoch: Hashable, Comparable, Sendable {
    /// Never negative.
    public let rawValue: Int32

    public static var zero: LeaderEpoch { LeaderEpoch(0) }

    /// - Precondition: `rawValue >= 0`.
    @inlinable
    public init(_ rawValue: Int32) {
        precondition(rawValue >= 0, "leader epoch \(rawValue) is negative")
        self.rawValue = rawValue
    }

    /// An epoch from outside; nil when it is negative.
    @inlinable
    public init?(exactly rawValue: Int32) {
        guard rawValue >= 0 else { return nil }
        self.rawValue = rawValue
    }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension LeaderEpoch: CustomStringConvertible {
    public var description: String { String(rawValue) }
}
