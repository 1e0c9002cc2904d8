import Testing
import Varve
import VarveSim
import VarveSystem

@Suite("following the tail")
struct FollowTests {
    @Test("following from outside of the log is an error that names what there is")
    func outOfRange() async throws {
        let log = try SimulatedLog().open()
        try await log.append("a")
        await #expect(throws: LogError.outOfRange(offset: Offset(5), valid: .zero..<Offset(1))) {
            for try await _ in log.follow(from: Offset(5)) {}
        }
        #expect(throws: LogError.self) { try log.next(from: Offset(5)) }
    }

    @Test("a follower that is cancelled while it waits ends")
    func cancelled() async throws {
        let log = try SimulatedLog().open()
        let follower = Task {
            for try await _ in log.follow(from: .zero) {}
            return true
        }
        try await Task.sleep(for: .milliseconds(20))
        follower.cancel()
        #expect(try await follower.value)
        try log.close()
    }

    @Test("the blocking form answers nil when its time is over, and when the log is closed")
    func timesOut() async throws {
        try await withTemporaryDirectory { path in
            let log = try SharedLog(path)
            #expect(try log.next(from: .zero, waitingAtMost: .milliseconds(5)) == nil)
            async let closed: Void = onThreads(1) { _ in
                #expect(throws: Never.self) {
                    let batches = try log.next(from: .zero)
                    #expect(batches == nil)
                }
            }
            try log.close()
            await closed
        }
    }

    @Test("under durable nothing is seen before it is flushed")
    func onlyFlushed() throws {
        let log = try SimulatedLog().open()
        _ = try accepted(log.submit(Record(text: "waiting")))
        #expect(try log.next(from: .zero, waitingAtMost: .zero) == nil)
        log.commit()
        #expect(try log.next(from: .zero, waitingAtMost: .zero)?.offsets == .zero..<Offset(1))
    }
}
