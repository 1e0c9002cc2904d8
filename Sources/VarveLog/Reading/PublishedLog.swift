internal import Synchronization
internal import VarveTerms

/// What a log's owner tells its readers: which segments there are and where the log ends.
///
/// *Invariant*: segments are in order of base offset, and the last is the active one.
/// *Threads*: the owner publishes, any thread looks.
final class PublishedLog: Sendable {
    /// What is known to be damaged.
    let damage: KnownDamage
    private let state: Mutex<State>

    struct State: Sendable {
        var segments: [Segment]
        var ends: LogEnds
        /// Which transactions are undecided; nil where nobody looks at transactions.
        var stability: TransactionStability?
    }

    init(
        segments: [Segment], ends: LogEnds, stability: TransactionStability? = nil,
        damage: KnownDamage = KnownDamage()
    ) {
        self.damage = damage
        state = Mutex(State(segments: segments, ends: ends, stability: stability))
    }

    var ends: LogEnds { state.withLock { $0.ends } }
    var segments: [Segment] { state.withLock { $0.segments } }
    /// Segments and ends of one moment.
    var snapshot: State { state.withLock { $0 } }

    func publish(ends: LogEnds) { state.withLock { $0.ends = ends } }

    func publish(stability: TransactionStability) {
        state.withLock { $0.stability = stability }
    }

    /// Of one moment: with a transaction that a cut opened again its end moves back, too.
    func publish(segments: [Segment], ends: LogEnds, stability: TransactionStability?) {
        state.withLock { $0 = State(segments: segments, ends: ends, stability: stability) }
    }

    /// The segment that holds `offset`, and the ones that follow it up to `count` in all.
    func segments(from offset: Offset, count: Int) -> ArraySlice<Segment> {
        state.withLock { state in
            let slot = lastSlot(in: state.segments.count) {
                state.segments[$0].baseOffset <= offset
            }
            let first = slot ?? 0
            return state.segments[first..<min(first + count, state.segments.count)]
        }
    }
}
