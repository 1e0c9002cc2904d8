import Testing
import VarveTerms

@testable import VarveShares

@Suite("AlarmQueue")
struct AlarmQueueTests {
    @Test("only the last alarm of a key counts")
    func lastCounts() {
        var queue = AlarmQueue<Int>()
        queue.set(Instant(nanoseconds: 5), for: 1)
        queue.set(Instant(nanoseconds: 9), for: 1)
        queue.set(Instant(nanoseconds: 7), for: 2)
        #expect(queue.takeDue(at: Instant(nanoseconds: 6)).isEmpty)
        #expect(queue.takeDue(at: Instant(nanoseconds: 9)) == [2, 1])
        #expect(queue.takeDue(at: Instant(nanoseconds: 99)).isEmpty)
    }

    @Test("an alarm that is taken away does not ring, and many of them do not pile up")
    func takenAway() {
        var queue = AlarmQueue<Int>()
        for turn in 0..<10_000 { queue.set(Instant(nanoseconds: Int64(turn)), for: turn % 3) }
        for key in 0..<3 { queue.set(nil, for: key) }
        #expect(queue.takeDue(at: Instant(nanoseconds: .max)).isEmpty)
    }
}
