import Testing
import VarveSim
import VarveTerms

@testable import VarveLog

@Suite("Growth: segments")
struct SegmentGrowthTests {
    private func segment(
        _ base: Int64, time: Int64?, size: Int = 10, flushed: Int = 10
    ) -> Segment {
        let segment = Segment(
            SegmentPaths(folder: "/l", baseOffset: Offset(base)), size: flushed,
            access: .copied, limits: Segment.Limits(logSize: 1 << 20, indexSize: 1 << 10),
            in: SimulatedDisk())
        segment.publish(writtenSize: size)
        segment.largestTimestamp = time.map { Timestamp(milliseconds: $0) }
        return segment
    }

    private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test("segments whose records are all too old are passed over together")
    func passes() {
        // Times fall and rise again; the last segment is appended to.
        let segments = [5, 9, 3, 7, 12, 20].enumerated().map {
            segment(Int64($0.offset) * 10, time: Int64($0.element))
        }
        var ladder = TimeLadder()
        ladder.extend(over: segments, start: .zero)
        #expect(ladder.steps.map(\.milliseconds) == [5, 9, 9, 9, 12])
        for (wanted, slot) in [(1, 0), (5, 0), (6, 1), (9, 1), (10, 4), (12, 4), (13, 5), (99, 5)] {
            #expect(ladder.slot(notBefore: time(Int64(wanted))) == slot, "\(wanted)")
        }
    }

    @Test("the ladder ends before an unknown or unflushed segment, and begins behind the start")
    func boundaries() {
        let unknown = [segment(0, time: 1), segment(10, time: nil), segment(20, time: 3)]
        var ladder = TimeLadder()
        ladder.extend(over: unknown, start: .zero)
        #expect(ladder.steps.count == 1)
        unknown[1].largestTimestamp = time(2)
        ladder.extend(over: unknown, start: .zero)
        #expect(ladder.steps.count == 2)
        let unflushed = [segment(0, time: 1, size: 10, flushed: 5), segment(10, time: 2)]
        var none = TimeLadder()
        none.extend(over: unflushed, start: .zero)
        #expect(none.steps.isEmpty && none.slot(notBefore: time(9)) == 0)
        let cut = [segment(0, time: 50), segment(10, time: 2), segment(20, time: 3)]
        var late = TimeLadder()
        late.extend(over: cut, start: Offset(4))
        #expect(late.first == 1 && late.steps == [time(2)])
        #expect(late.slot(notBefore: time(2)) == 0 && late.slot(notBefore: time(3)) == 2)
    }

    @Test("a ladder that grows step by step is the one that is made at once")
    func grows() {
        let segments = (0..<200).map { segment($0 * 10, time: ($0 * 37) % 101) }
        var grown = TimeLadder()
        for count in 1...segments.count {
            grown.extend(over: Array(segments.prefix(count)), start: .zero)
        }
        var whole = TimeLadder()
        whole.extend(over: segments, start: .zero)
        #expect(grown.steps == whole.steps)
        for wanted in Int64(0)...101 {
            let slot = whole.slot(notBefore: time(wanted))
            #expect(segments[..<slot].allSatisfy { ($0.largestTimestamp ?? .none) < time(wanted) })
        }
    }

    @Test("a roll does not copy the list of segments")
    func roll() {
        let published = PublishedLog(
            segments: [segment(0, time: nil)],
            ends: LogEnds(start: .zero, flushed: .zero, written: .zero))
        var places: Set<UInt> = []
        for base in Int64(1)...1000 {
            published.publish(
                next: segment(base, time: nil), ends: published.ends, stability: nil)
            unsafe published.segments.withUnsafeBytes {
                _ = places.insert(UInt(bitPattern: $0.baseAddress))
            }
        }
        #expect(published.segments.count == 1001)
        // It doubles as it grows.
        #expect(places.count <= 11)
    }

    @Test("a roll looks at the newest snapshots, and at all once segments went in the middle")
    func prunes() throws {
        let disk = SimulatedDisk()
        disk.plantDirectory("/l")
        var snapshots = ProducerSnapshots(folder: "/l", offsets: [], in: disk)
        var looked = 0
        for base in 1...100 {
            try snapshots.store(ProducerStates(), at: Offset(Int64(base)))
            looked = 0
            try snapshots.prune(baseCount: base + 1) { slot in
                looked += 1
                return Offset(Int64(slot))
            }
        }
        #expect(snapshots.offsets.count == 100)
        #expect(looked <= 20)
        // Half of the segments went.
        snapshots.didReplaceSegments()
        try snapshots.prune(baseCount: 51) { Offset(Int64($0 * 2)) }
        #expect(snapshots.offsets.map(\.rawValue) == (1...50).map { $0 * 2 })
        // Those at the front went.
        try snapshots.prune(baseCount: 10) { Offset(Int64(82 + $0 * 2)) }
        #expect(snapshots.offsets.first == Offset(82))
    }
}
