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
    /// Grows with all that is published: who knows it need not look again.
    let generation = Atomic<Int>(0)

    struct State: Sendable {
        var segments: [Segment]
        /// Grows whenever the segments are others than before.
        var shape = 0
        var ends: LogEnds
        /// Which transactions are undecided; nil where nobody looks at transactions.
        var stability: TransactionStability?
        var times = TimeLadder()
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

    func publish(ends: LogEnds) { change { $0.ends = ends } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            generation.wrappingAdd(1, ordering: .releasing)
        }
    }

    func publish(stability: TransactionStability) {
        change { $0.stability = stability }
    }

    /// Of one moment: with a transaction that a cut opened again its end moves back, too.
    func publish(segments: [Segment], ends: LogEnds, stability: TransactionStability?) {
        change { state in
            state = State(
                segments: segments, shape: state.shape + 1, ends: ends, stability: stability)
        }
    }

    /// The log goes on in another segment: behind the last one, or in the place of an empty one
    /// that starts where it does.
    /// - Complexity: O(1), whatever the number of segments.
    func publish(next segment: Segment, ends: LogEnds, stability: TransactionStability?) {
        change { state in
            if state.segments.last?.baseOffset == segment.baseOffset { state.segments.removeLast() }
            state.segments.append(segment)
            state.shape += 1
            (state.ends, state.stability) = (ends, stability)
        }
    }

    /// Segments and ends of one moment, with the slot of the first segment that may have a record
    /// as new as `time`.
    /// - Complexity: O(log segments); O(segments) for those that were never asked about.
    func snapshot(notBefore time: Timestamp) -> (state: State, slot: Int) {
        state.withLock { state in
            state.times.extend(over: state.segments, start: state.ends.start)
            return (state, state.times.slot(notBefore: time))
        }
    }

    /// Where the log starts and ends, and the segment that holds `offset`, of one moment.
    func glance(at offset: Offset) -> (ends: LogEnds, segment: Segment?) {
        state.withLock { state in
            let slot = lastSlot(in: state.segments.count) {
                state.segments[$0].baseOffset <= offset
            }
            return (state.ends, slot.map { state.segments[$0] } ?? state.segments.first)
        }
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
