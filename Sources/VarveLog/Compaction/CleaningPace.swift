public import VarveTerms

/// Keeps work to a number of bytes a second: it says how long to rest after each piece. Pure.
///
///     pause = bytes so far ÷ rate − time since the start
///
/// A pause that came late is not made up for by a burst later: at most `burst` of rest is owed.
public struct CleaningPace: Hashable, Sendable {
    private let bytesPerSecond: Int?
    /// When everything so far should have ended.
    private var due: Instant

    /// How far work may run ahead of its rate after a delay that was not its own.
    private static let burst = Duration.milliseconds(100)

    /// - Parameter rate: bytes a second; nil for no limit.
    public init(_ rate: ByteCount?, now: Instant) {
        bytesPerSecond = rate.map { max(1, $0.bytes) }
        due = now
    }

    /// Takes note of `moved` bytes.
    /// - Returns: how long to rest before the next ones.
    public mutating func pause(after moved: ByteCount, now: Instant) -> Duration {
        guard let bytesPerSecond else { return .zero }
        let seconds = Double(moved.bytes) / Double(bytesPerSecond)
        let floor = now.advanced(by: .zero - Self.burst)
        due = max(due, floor).advanced(by: .seconds(min(seconds, 3600)))
        return max(.zero, due.duration(since: now))
    }
}
