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
    // The log's ends, and what else each read asks. They are changed under the lock and looked at
    // without, one by one: whoever meets what was true a moment ago reads as if it had come then.
    private let start, flushed, written: Atomic<Int64>
    /// Grows whenever the segments are others than before.
    let shape = Atomic<Int>(0)
    /// What readers keep from one read to the next.
    let slots = ReadSlots()
    /// Whether readers keep anything: where files are copied there is nothing to keep.
    let keepsLeases: Bool

    struct State: Sendable {
        var segments: [Segment]
        /// Which transactions are undecided; nil where nobody looks at transactions.
        var stability: TransactionStability?
        var times = TimeLadder()
    }

    init(
        segments: [Segment], ends: LogEnds, stability: TransactionStability? = nil,
        damage: KnownDamage = KnownDamage()
    ) {
        self.damage = damage
        state = Mutex(State(segments: segments, stability: stability))
        start = Atomic(ends.start.rawValue)
        flushed = Atomic(ends.flushed.rawValue)
        written = Atomic(ends.written.rawValue)
        keepsLeases = segments.first?.access == .mapped
    }

    /// Where the log starts.
    var startOffset: Offset { Offset(start.load(ordering: .acquiring)) }

    /// Where a reader's view ends.
    func endOffset(through visibility: Visibility) -> Offset {
        switch visibility {
        case .flushed: Offset(flushed.load(ordering: .acquiring))
        case .includingUnflushed: Offset(written.load(ordering: .acquiring))
        }
    }

    var ends: LogEnds { state.withLock { _ in lockedEnds } }
    var segments: [Segment] { state.withLock { $0.segments } }
    /// Segments and ends of one moment.
    var snapshot: (state: State, ends: LogEnds) { state.withLock { ($0, lockedEnds) } }

    /// The ends of one moment, for whoever has the lock.
    private var lockedEnds: LogEnds {
        LogEnds(
            start: startOffset, flushed: endOffset(through: .flushed),
            written: endOffset(through: .includingUnflushed))
    }

    private func change(to ends: LogEnds, _ body: (inout State) -> Void = { _ in }) {
        state.withLock { state in
            body(&state)
            start.store(ends.start.rawValue, ordering: .releasing)
            flushed.store(ends.flushed.rawValue, ordering: .releasing)
            written.store(ends.written.rawValue, ordering: .releasing)
        }
    }

    func publish(ends: LogEnds) { change(to: ends) }

    func publish(stability: TransactionStability) {
        state.withLock { $0.stability = stability }
    }

    /// Of one moment: with a transaction that a cut opened again its end moves back, too.
    func publish(segments: [Segment], ends: LogEnds, stability: TransactionStability?) {
        change(to: ends) { state in
            shape.wrappingAdd(1, ordering: .releasing)
            state = State(segments: segments, stability: stability)
        }
        // Nobody may hold on to a segment that is gone.
        slots.clear()
    }

    /// The log goes on in another segment: behind the last one, or in the place of an empty one
    /// that starts where it does.
    /// - Complexity: O(1), whatever the number of segments.
    func publish(next segment: Segment, ends: LogEnds, stability: TransactionStability?) {
        change(to: ends) { state in
            if state.segments.last?.baseOffset == segment.baseOffset { state.segments.removeLast() }
            state.segments.append(segment)
            shape.wrappingAdd(1, ordering: .releasing)
            state.stability = stability
        }
    }

    /// Segments and ends of one moment, with the slot of the first segment that may have a record
    /// as new as `time`.
    /// - Complexity: O(log segments); O(segments) for those that were never asked about.
    func snapshot(notBefore time: Timestamp) -> (segments: [Segment], ends: LogEnds, slot: Int) {
        state.withLock { state in
            let ends = lockedEnds
            state.times.extend(over: state.segments, start: ends.start)
            return (state.segments, ends, state.times.slot(notBefore: time))
        }
    }

    /// Where the log starts and ends, and the segment that holds `offset`, of one moment.
    func glance(at offset: Offset) -> (ends: LogEnds, segment: Segment?) {
        state.withLock { state in
            let slot = lastSlot(in: state.segments.count) {
                state.segments[$0].baseOffset <= offset
            }
            return (lockedEnds, slot.map { state.segments[$0] } ?? state.segments.first)
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
