import Testing
import VarveTerms

@testable import VarveTransactions

@Suite("ReminderQueue")
struct ReminderQueueTests {
    @Test("reminders come when they are due, in order, each once")
    func order() {
        var queue = ReminderQueue()
        var random = SystemRandomNumberGenerator()
        let times = (0..<200).shuffled(using: &random)
        for time in times { queue.add("\(time)", at: Instant(nanoseconds: Int64(time))) }
        #expect(queue.first == Instant(nanoseconds: 0))
        #expect(queue.popDue(at: Instant(nanoseconds: -1)).isEmpty)
        #expect(queue.popDue(at: Instant(nanoseconds: 99)) == (0..<100).map(String.init))
        #expect(queue.count == 100)
        #expect(queue.popDue(at: Instant(nanoseconds: 500)) == (100..<200).map(String.init))
        #expect(queue.first == nil)
    }
}
