/// What a log may and must hold, as a journal of what its owner was told says.
///
/// *Invariants*: flushedEnd ≤ writtenEnd ≤ candidates.count; startMin ≤ startMax.
package struct Expectation: Hashable {
    /// For each offset the values that may stand there, the newest last. More than one where an
    /// append was refused or cut off and another one took its place.
    package private(set) var candidates: [[String]] = []
    /// Everything below was acknowledged as durable.
    package private(set) var flushedEnd = 0
    /// Everything below was acknowledged, whatever that promised.
    package private(set) var writtenEnd = 0
    /// Between which offsets the log starts.
    package private(set) var startMin = 0
    package private(set) var startMax = 0
    /// Offsets that a compaction may have taken, since a later record has their key.
    package private(set) var optional: Set<Int> = []
    /// A deletion up to here failed, which may have moved the start or not.
    private var doubtfulStart = 0
    /// Where the log started before it was cut below that.
    private var startBeforeCut = 0

    /// An empty log, of which nothing was told.
    package init() {}

    /// What the owner did or was told.
    package enum Event: Hashable {
        /// An append of these values begins at an offset.
        case submit(at: Int, [String])
        /// A call returned with the log's ends.
        case acknowledge(flushed: Int, written: Int)
        case beginDelete(before: Int)
        case endDelete(before: Int)
        /// The deletion that was begun failed.
        case failDelete
        case beginTruncate(to: Int)
        case endTruncate(to: Int)
        /// The log was opened and holds these values.
        case settle(start: Int, end: Int, [Contents.Served])
        /// A compaction begins, which may take these offsets.
        case beginClean(taking: [Int])
        /// Nothing above this was promised any more: a flush had failed.
        case forget(above: Int)

        /// Whether less may be there after it than before; the others allow for more.
        var asksForMore: Bool {
            switch self {
            case .acknowledge, .endDelete, .endTruncate, .settle: true
            case .submit, .beginDelete, .failDelete, .beginTruncate, .forget, .beginClean: false
            }
        }
    }

    package mutating func apply(_ event: Event) {
        switch event {
        case .submit(let offset, let values):
            for (number, value) in values.enumerated() {
                while candidates.count <= offset + number { candidates.append([]) }
                candidates[offset + number].append(value)
            }
        case .acknowledge(let flushed, let written):
            for offset in flushedEnd..<max(flushedEnd, flushed) {
                candidates[offset] = candidates[offset].suffix(1)
            }
            (flushedEnd, writtenEnd) = (flushed, written)
        case .beginDelete(let offset): startMax = max(startMax, offset)
        case .endDelete(let offset):
            startMin = max(startMin, offset)
            startMax = max(startMin, doubtfulStart)
        case .failDelete: doubtfulStart = startMax
        case .beginTruncate(let end):
            (flushedEnd, writtenEnd) = (min(flushedEnd, end), min(writtenEnd, end))
            startBeforeCut = startMin
            startMin = min(startMin, end)
        case .endTruncate(let end):
            candidates.removeLast(max(0, candidates.count - end))
            optional = optional.filter { $0 < end }
            startMin = min(startBeforeCut, end)
            startMax = max(startMin, min(startMax, end))
            doubtfulStart = min(doubtfulStart, end)
        case .settle(let start, let end, let served): settle(start: start, end: end, served)
        case .beginClean(let offsets): optional.formUnion(offsets)
        case .forget(let end): writtenEnd = min(writtenEnd, end)
        }
    }

    /// The log was opened again and holds these records: that is what stands there from now on.
    package mutating func settle(start: Int, end: Int, _ served: [Contents.Served]) {
        startMin = start
        startMax = start
        doubtfulStart = 0
        while candidates.count < end { candidates.append([]) }
        candidates.removeLast(candidates.count - end)
        optional = optional.filter { $0 < end }
        for record in served { candidates[record.offset] = [record.value] }
        (flushedEnd, writtenEnd) = (end, end)
    }
}

/// The events of one life, each with how many operations of the disk had happened by then.
package struct Journal {
    package var start = Expectation()
    package private(set) var events: [(ordinal: Int, event: Expectation.Event)] = []

    package mutating func note(_ event: Expectation.Event, at ordinal: Int) {
        events.append((ordinal, event))
    }

    /// What holds after the first `moment` operations. An event noted between two operations
    /// counts as soon as the first of them is done.
    package func expectation(at moment: Int) -> Expectation {
        var expectation = start
        for (ordinal, event) in events where ordinal <= moment { expectation.apply(event) }
        return expectation
    }

    /// How often by then something came to be asked that was not asked before. As long as this
    /// stays the same, what is lawful at a moment is lawful at all later ones.
    package func strictness(at moment: Int) -> Int {
        var expectation = start
        var strictness = 0
        for (ordinal, event) in events where ordinal <= moment {
            let before = expectation
            expectation.apply(event)
            if event.asksForMore, expectation != before { strictness += 1 }
        }
        return strictness
    }

    package var end: Expectation { expectation(at: .max) }
}
