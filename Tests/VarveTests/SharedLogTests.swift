import Synchronization
import Testing
import Varve

@Suite("SharedLog")
struct SharedLogTests {
    @Test("sixteen threads append together: each record stands at the offset it was told")
    func threads() async throws {
        try await withTemporaryDirectory { path in
            let told = Mutex<[Int64: String]>([:])
            let log = try SharedLog(path)
            await onThreads(16) { thread in
                for number in 0..<50 {
                    let text = "\(thread)/\(number)"
                    guard let offset = try? log.append(text) else { return }
                    told.withLock { $0[offset.rawValue] = text }
                }
            }
            #expect(log.ends.flushed == Offset(800))
            try log.close()

            let again = try SharedLog(path)
            #expect(again.recovery.isClean)
            let stored = try values(of: again).enumerated().map { (Int64($0.offset), $0.element) }
            #expect(Dictionary(uniqueKeysWithValues: stored) == told.withLock { $0 })
            try again.close()
        }
    }

    @Test("batches get the later of the leader epochs that the settings and the log say")
    func leaderEpoch() async throws {
        try await withTemporaryDirectory { path in
            var settings = SharedSettings()
            settings.leaderEpoch = LeaderEpoch(3)
            let log = try SharedLog(path, settings: settings)
            try log.append("a")
            try log.close()
            let again = try SharedLog(path)
            try again.append("b")
            #expect(again.settings.leaderEpoch == LeaderEpoch(3))
            guard case .batches(let batches) = try again.reader.read(from: .zero) else {
                Issue.record("nothing to read")
                return
            }
            var epochs: [Int32] = []
            batches.forEachBatch { header, _ in epochs.append(header.partitionLeaderEpoch) }
            #expect(epochs == [3, 3])
            try again.close()
        }
    }

    @Test("a hundred tasks append together: each record stands at the offset it was told")
    func tasks() async throws {
        try await withTemporaryDirectory { path in
            var settings = SharedSettings()
            settings.compression = .zstd
            let log = try SharedLog(path, settings: settings)
            let told = try await withThrowingTaskGroup(of: (Int64, String).self) { group in
                for task in 0..<100 {
                    group.addTask {
                        let offset: Offset = try await log.append("task \(task)")
                        return (offset.rawValue, "task \(task)")
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            let stored = try values(of: log).enumerated().map { (Int64($0.offset), $0.element) }
            #expect(Dictionary(uniqueKeysWithValues: stored) == told)
            try log.close()
        }
    }

    @Test("a follower sees every record once and in order, and ends when the log is closed")
    func follows() async throws {
        try await withTemporaryDirectory { path in
            let log = try SharedLog(path)
            let reader = Task {
                var seen: [Int64] = []
                for try await batches in log.follow(from: .zero) {
                    seen +=
                        batches.offsets.lowerBound.rawValue..<batches.offsets.upperBound.rawValue
                }
                return seen
            }
            for number in 0..<200 { _ = try await log.append("record \(number)") as Offset }
            try log.close()
            #expect(try await reader.value == Array(0..<200))
        }
    }

    @Test("submissions of one thread are decided by one commit")
    func submits() async throws {
        try await withTemporaryDirectory { path in
            let log = try SharedLog(path)
            var tickets: [AppendTicket] = []
            for number in 0..<16 {
                guard case .accepted(let ticket) = try log.submit(Record(text: "\(number)")) else {
                    Issue.record("no room")
                    return
                }
                #expect(log.outcome(of: ticket) == .pending)
                tickets.append(ticket)
            }
            log.commit()
            for (number, ticket) in tickets.enumerated() {
                #expect(log.outcome(of: ticket) == .acknowledged)
                #expect(ticket.offsets == Offset(Int64(number))..<Offset(Int64(number + 1)))
            }
            try log.close()
            #expect(throws: LogError.self) { try log.submit(Record(text: "late")) }
        }
    }

    @Test("appends that come while the log is cut follow the cut: no offset is left out")
    func cutsBesideAppends() async throws {
        let world = SimulatedLog()
        let log = try world.open()
        let cuts = Atomic<Int>(0)
        let appenders = Atomic<Int>(3)
        await onThreads(4) { thread in
            guard thread == 0 else {
                for number in 0..<400 { _ = try? log.append("\(thread), \(number)") }
                appenders.subtract(1, ordering: .releasing)
                return
            }
            while appenders.load(ordering: .acquiring) > 0 {
                let end = log.ends.written
                guard end > Offset(2) else { continue }
                if (try? log.truncate(to: end.advanced(by: -2))) != nil {
                    cuts.add(1, ordering: .relaxed)
                }
            }
        }
        #expect(cuts.load(ordering: .relaxed) > 0)
        var next = Offset.zero
        while case .batches(let batches) = try log.reader.read(from: next) {
            batches.forEachBatch { header, _ in
                #expect(header.baseOffset == next.rawValue)
                next = Offset(header.baseOffset + Int64(header.recordsCount))
            }
        }
        #expect(next == log.ends.written)
        try log.close()
    }
}
