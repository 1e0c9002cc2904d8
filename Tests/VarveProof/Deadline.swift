/// Ends a run when its share of the time is over.
package struct Deadline {
    private let start = ContinuousClock.now
    /// nil for as long as it takes.
    private let share: Duration?

    package init(after share: Duration?) { self.share = share }

    package var isOver: Bool { share.map { start.duration(to: .now) > $0 } ?? false }

    /// How much of the share is left; zero when it is over or there is none.
    package var rest: Duration { share.map { max(.zero, $0 - elapsed) } ?? .zero }

    package var elapsed: Duration { start.duration(to: .now) }
}

extension Duration {
    /// In seconds.
    package var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
