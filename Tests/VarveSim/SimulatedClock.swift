import Synchronization
public import VarveSystem
public import VarveTerms

/// A clock that stands still until a test moves it.
public final class SimulatedClock: Clock {
    private struct Hands {
        var now: Instant
        var wall: Timestamp
    }

    private let hands: Mutex<Hands>

    /// - Parameter wallClock: what people call now; 2024-01-01T00:00:00Z unless told.
    public init(wallClock: Timestamp = Timestamp(milliseconds: 1_704_067_200_000)) {
        hands = Mutex(Hands(now: Instant(nanoseconds: 0), wall: wallClock))
    }

    public func now() -> Instant { hands.withLock { $0.now } }
    public func wallClock() -> Timestamp { hands.withLock { $0.wall } }

    /// Lets time pass on both clocks; the wall clock moves by whole milliseconds.
    /// - Precondition: `duration` is not negative.
    public func advance(by duration: Duration) {
        precondition(duration >= .zero, "\(duration) goes back")
        hands.withLock { hands in
            let before = hands.now
            hands.now = before.advanced(by: duration)
            let elapsed = hands.now.nanoseconds / 1_000_000 - before.nanoseconds / 1_000_000
            let (wall, overflow) = hands.wall.milliseconds.addingReportingOverflow(elapsed)
            hands.wall = Timestamp(milliseconds: overflow ? .max : wall)
        }
    }

    /// Moves the wall clock alone, as people and NTP do, back as well.
    public func setWallClock(_ time: Timestamp) { hands.withLock { $0.wall = time } }
}
