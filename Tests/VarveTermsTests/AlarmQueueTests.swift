import Testing
import VarveSeeds
import VarveTerms

@Suite("AlarmQueue")
struct AlarmQueueTests {
    private func at(_ nanoseconds: Int64) -> Instant { Instant(nanoseconds: nanoseconds) }

    @Test("only the last alarm of a group counts")
    func moved() {
        var queue = AlarmQueue<String>()
        queue.set(at(5), for: "a")
        queue.set(at(9), for: "a")
        queue.set(at(7), for: "b")
        queue.set(at(6), for: "c")
        queue.set(nil, for: "c")
        #expect(queue.popDue(at: at(6)) == [])
        #expect(queue.popDue(at: at(8)) == ["b"])
        #expect(queue.popDue(at: at(9)) == ["a"])
        #expect(queue.first == nil)
    }

    @Test("alarms come in order, and moving them does not fill the memory")
    func many() {
        var random = SeededRandom("AlarmQueue.many")
        var queue = AlarmQueue<String>()
        var model: [String: Int64] = [:]
        for _ in 0..<5000 {
            let group = "\(random.next() % 20)"
            let due = Int64(random.next() % 1000)
            queue.set(at(due), for: group)
            model[group] = due
        }
        #expect(queue.size == model.count)
        var now: Int64 = 0
        while let first = queue.first {
            now = max(now, first.nanoseconds)
            for group in queue.popDue(at: first) {
                #expect(model.removeValue(forKey: group) == first.nanoseconds)
            }
            #expect(model.values.allSatisfy { $0 > now })
        }
        #expect(model.isEmpty)
    }

    @Test("an alarm that is taken away leaves nothing behind, wherever it stood")
    func removed() {
        var random = SeededRandom("AlarmQueue.removed")
        var queue = AlarmQueue<Int>()
        var model: [Int: Int64] = [:]
        for _ in 0..<5000 {
            let key = Int(random.next() % 50)
            if random.next() % 3 == 0 {
                queue.set(nil, for: key)
                model[key] = nil
            } else {
                let due = Int64(random.next() % 100)
                queue.set(at(due), for: key)
                model[key] = due
            }
            #expect(queue.size == model.count)
            #expect(queue.first?.nanoseconds == model.values.min())
        }
    }
}
