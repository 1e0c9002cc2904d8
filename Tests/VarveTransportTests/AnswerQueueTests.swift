import Testing
import VarveBytes
import VarveTerms
import VarveTransport

@Suite("AnswerQueue")
struct AnswerQueueTests {
    /// An answer of `size` bytes, by which it is known again.
    private func answer(_ size: Int) -> Answer {
        var bytes = ByteBuffer()
        bytes.appendZeros(size)
        return Answer(bytes)
    }

    private func permutations(_ items: [Int]) -> [[Int]] {
        guard items.count > 1 else { return [items] }
        return items.indices.flatMap { place in
            var rest = items
            let first = rest.remove(at: place)
            return permutations(rest).map { [first] + $0 }
        }
    }

    @Test("a slot answered twice ends the process")
    func twice() async {
        await #expect(processExitsWith: .failure) {
            var queue = AnswerQueue()
            _ = queue.open()
            _ = queue.open()
            queue.complete(1, with: .nothing)
            queue.complete(1, with: .nothing)
        }
    }

    @Test("a slot that was never opened, or has left, cannot be answered")
    func unknown() async {
        await #expect(processExitsWith: .failure) {
            var queue = AnswerQueue()
            queue.complete(queue.open() + 1, with: .nothing)
        }
        await #expect(processExitsWith: .failure) {
            var queue = AnswerQueue()
            let slot = queue.open()
            queue.complete(slot, with: .nothing)
            _ = queue.next()
            queue.complete(slot, with: .nothing)
        }
    }

    @Test("answers given in any order leave in the order of the slots")
    func everyOrder() {
        for order in permutations([0, 1, 2, 3, 4]) {
            // Starting at every place of the ring.
            for shift in 0..<9 {
                var queue = AnswerQueue()
                for _ in 0..<shift {
                    queue.complete(queue.open(), with: .nothing)
                    _ = queue.next()
                }
                let slots = (0..<5).map { _ in queue.open() }
                var left: [Int] = []
                var answered: Set<Int> = []
                for number in order {
                    queue.complete(slots[number], with: answer(number + 1))
                    answered.insert(number)
                    while let answer = queue.next() { left.append(answer.size.bytes - 1) }
                    #expect(left == Array((0..<5).prefix { answered.contains($0) }), "\(order)")
                    #expect(queue.count == 5 - left.count)
                    let waiting = answered.filter { $0 >= left.count }
                    #expect(queue.answeredSize == waiting.reduce(0) { $0 + $1 + 1 })
                }
                #expect(left == [0, 1, 2, 3, 4])
                #expect(queue.isEmpty)
            }
        }
    }

    @Test("slots keep their numbers while the ring grows")
    func growth() {
        var queue = AnswerQueue()
        var next = 0
        for round in 0..<100 {
            let slots = (0..<round % 17 + 1).map { _ in queue.open() }
            #expect(slots == slots.indices.map { UInt64(next + $0) })
            for slot in slots.reversed() { queue.complete(slot, with: answer(Int(slot))) }
            for slot in slots { #expect(queue.next()?.size.bytes == Int(slot)) }
            #expect(queue.next() == nil)
            next += slots.count
        }
    }
}
