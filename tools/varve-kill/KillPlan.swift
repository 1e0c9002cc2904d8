internal import VarveSim

/// When a child dies, and what it does before. Follows from the seed alone.
struct KillPlan: Hashable {
    /// What the delay counts from.
    enum Aim: Hashable, CaseIterable {
        /// The start of the program: it dies while it starts, or while it opens the log.
        case start
        case firstAcknowledgement
        /// The moment before it deletes old records.
        case deleting
        /// The moment before it closes the log.
        case closing
    }

    var aim: Aim
    var delay: Duration
    /// How long it appends before it deletes or closes.
    var pause: Duration
    /// Whether the parent looks at the log before the next child opens it.
    var isChecked: Bool
    /// Whether the parent, if it looks and the log is large, deletes old records.
    var parentDeletes: Bool

    init(from generator: inout SplitMix64, canDelete: Bool, windowMs: Int64) {
        func random(_ maxUs: Int64) -> Duration {
            .microseconds(Int64.random(in: 0...maxUs, using: &generator))
        }
        switch Int.random(in: 0..<20, using: &generator) {
        case 0...2: (aim, delay) = (.start, random(30_000))
        case 3...4: (aim, delay) = (.closing, random(5000))
        case 5...8 where canDelete: (aim, delay) = (.deleting, random(5000))
        default: (aim, delay) = (.firstAcknowledgement, random(windowMs * 1000))
        }
        pause = random(20_000)
        isChecked = Int.random(in: 0..<3, using: &generator) != 0
        parentDeletes = Bool.random(using: &generator)
    }
}
