/// The number of a record in a log: 0 for the first record ever appended, then one more for each.
///
/// Offsets order records; they say nothing of bytes (`FilePosition` does). An offset read from a
/// file or a socket enters through `init(exactly:)`, so a negative number never becomes one.
/// *Source*: Kafka's protocol, docs/terms.md.
@frozen
public struct Offset: Hashable, Comparable, Sendable {
    /// Never negative.
    public let rawValue: Int64

    public static var zero: Offset { Offset(0) }

    /// An offset that is known to be lawful.
    /// - Precondition: `rawValue >= 0`.
    @inlinable
    public init(_ rawValue: Int64) {
        precondition(rawValue >= 0, "offset \(rawValue) is negative")
        self.rawValue = rawValue
    }

    /// An offset from outside; nil when it is negative.
    @inlinable
    public init?(exactly rawValue: Int64) {
        guard rawValue >= 0 else { return nil }
        self.rawValue = rawValue
    }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// The offset `count` records further; nil when it would pass the largest offset there is.
    @inlinable
    public func advanced(byExactly count: Int64) -> Offset? {
        let (sum, overflow) = rawValue.addingReportingOverflow(count)
        return overflow ? nil : Offset(exactly: sum)
    }

    /// The offset `count` records further.
    /// - Precondition: the sum is lawful; numbers from outside go through `advanced(byExactly:)`.
    @inlinable
    public func advanced(by count: Int64) -> Offset { Offset(rawValue + count) }

    /// How many offsets lie from here to `end`; negative when `end` comes first.
    @inlinable
    public func distance(to end: Offset) -> Int64 { end.rawValue - rawValue }
}

extension Offset: CustomStringConvertible {
    public var description: String { String(rawValue) }
}
