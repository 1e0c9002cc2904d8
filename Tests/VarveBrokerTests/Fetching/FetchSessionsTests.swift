import Testing
import VarveSim
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("FetchSessions")
struct FetchSessionsTests {
    private static let id = UniqueID(high: 7, low: 7)
    private var limits = FetchSessions.Limits()

    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    private func request(
        _ session: Int32, _ epoch: Int32, wanting partitions: [Int32] = [],
        forgetting: [Int32] = [], from offset: Int64 = 0, replica: Int32 = -1
    ) -> FetchRequest {
        var request = FetchRequest(replicaId: replica, sessionId: session, sessionEpoch: epoch)
        if !partitions.isEmpty {
            request.topics = [
                .init(
                    topic: "t",
                    partitions: partitions.map { .init(partition: $0, fetchOffset: offset) })
            ]
        }
        if !forgetting.isEmpty {
            request.forgottenTopicsData = [.init(topic: "t", partitions: forgetting)]
        }
        return request
    }

    private func results(
        _ plan: FetchPlan, highWatermark: Int64 = 5, records: Int = 0,
        code: ErrorCode = ErrorCode.none
    ) -> [FetchResult] {
        plan.fetches.map {
            var result = FetchResult($0, refusedFor: code)
            result.data.highWatermark = highWatermark
            result.data.logStartOffset = 0
            result.data.records = RecordsSlice(start: 0, count: records)
            return result
        }
    }

    /// Opens a session and answers nothing but ends.
    private func open(
        _ sessions: inout FetchSessions, _ partitions: [Int32], at now: Instant,
        id: Int32 = 11, replica: Int32 = -1
    ) throws -> Int32 {
        let plan = try sessions.plan(
            request(0, 0, wanting: partitions, replica: replica), usesIDs: false, at: now
        ) { _ in nil }
        var results = results(plan)
        return try sessions.settle(plan, &results, at: now) { id }
    }

    /// Goes on with a session.
    /// - Returns: the partitions that are told.
    private func goOn(
        _ sessions: inout FetchSessions, _ request: FetchRequest, highWatermark: Int64 = 5,
        records: Int = 0, code: ErrorCode = ErrorCode.none, at seconds: Int64 = 1
    ) throws -> [Int32] {
        let plan = try sessions.plan(request, usesIDs: false, at: at(seconds)) { _ in nil }
        var results = results(
            plan, highWatermark: highWatermark, records: records, code: code)
        _ = try sessions.settle(plan, &results, at: at(seconds)) { 99 }
        return results.map(\.fetch.key.partition)
    }

    // MARK: Errors

    @Test("a session that nobody opened is not found, whatever the epoch")
    func unknown() {
        var sessions = FetchSessions()
        for (id, epoch) in [(5, 1), (0, 1), (0, -2), (-1, 3)] as [(Int32, Int32)] {
            #expect(throws: FetchSessionError.unknown) {
                try sessions.plan(request(id, epoch), usesIDs: true, at: at(0)) { _ in nil }
            }
        }
    }

    @Test("a request that does not come next is refused, and the one that does still goes on")
    func wrongEpoch() throws {
        var sessions = FetchSessions()
        let id = try open(&sessions, [0], at: at(0))
        #expect(try goOn(&sessions, request(id, 1)) == [])
        for epoch in [1, 3, -2] as [Int32] {
            #expect(throws: FetchSessionError.epoch) {
                try sessions.plan(request(id, epoch), usesIDs: false, at: at(0)) { _ in nil }
            }
        }
        #expect(try goOn(&sessions, request(id, 2)) == [])
    }

    @Test("a session of names takes no ids, and lives on")
    func otherNaming() throws {
        var sessions = FetchSessions()
        let id = try open(&sessions, [0], at: at(0))
        #expect(throws: FetchSessionError.topicIDs) {
            try sessions.plan(request(id, 1), usesIDs: true, at: at(0)) { _ in nil }
        }
        #expect(try goOn(&sessions, request(id, 1)) == [])
    }

    @Test("a fetch whose session went on while it waited is refused")
    func overtaken() throws {
        var sessions = FetchSessions()
        let id = try open(&sessions, [0], at: at(0))
        let plan = try sessions.plan(request(id, 1), usesIDs: false, at: at(0)) { _ in nil }
        #expect(try goOn(&sessions, request(id, 2)) == [])
        var late = results(plan)
        #expect(throws: FetchSessionError.epoch) {
            try sessions.settle(plan, &late, at: at(1)) { 12 }
        }
    }

    @Test("a session that would grow too large is closed; one that is too large is not opened")
    func tooLarge() throws {
        var limits = limits
        limits.sessionSizeMax = 2
        var sessions = FetchSessions(limits)
        #expect(try open(&sessions, [0, 1, 2], at: at(0)) == 0)
        let id = try open(&sessions, [0, 1], at: at(0))
        #expect(throws: FetchSessionError.unknown) {
            try sessions.plan(request(id, 1, wanting: [2]), usesIDs: false, at: at(0)) { _ in nil }
        }
        #expect(sessions.count == 0 && sessions.partitionCount == 0)
    }

    @Test("names that no topic can have are not kept")
    func longNames() throws {
        var sessions = FetchSessions()
        var request = request(0, 0, wanting: [0])
        request.topics[0].topic = String(repeating: "x", count: 250)
        let plan = try sessions.plan(request, usesIDs: false, at: at(0)) { _ in nil }
        #expect(plan.standing == .alone && plan.fetches.count == 1)
    }

    // MARK: What is told

    @Test("a partition is told again only when something of it is new")
    func onlyNews() throws {
        var sessions = FetchSessions()
        let id = try open(&sessions, [0, 1], at: at(0))
        #expect(id == 11)
        #expect(try goOn(&sessions, request(id, 1)) == [])
        #expect(try goOn(&sessions, request(id, 2), highWatermark: 6) == [0, 1])
        #expect(try goOn(&sessions, request(id, 3), highWatermark: 6) == [])
        #expect(try goOn(&sessions, request(id, 4), highWatermark: 6, records: 9) == [0, 1])
        #expect(try goOn(&sessions, request(id, 5, wanting: [1], from: 3), highWatermark: 6) == [])
        #expect(try goOn(&sessions, request(id, 6, wanting: [2]), highWatermark: 6) == [2])
        #expect(
            try goOn(&sessions, request(id, 7, forgetting: [0, 1, 9]), highWatermark: 7) == [2])
    }

    @Test("an error is told each time, and its end once")
    func errors() throws {
        var sessions = FetchSessions()
        let id = try open(&sessions, [0], at: at(0))
        let code = ErrorCode.notLeaderOrFollower
        #expect(try goOn(&sessions, request(id, 1), code: code) == [0])
        #expect(try goOn(&sessions, request(id, 2), code: code) == [0])
        #expect(try goOn(&sessions, request(id, 3)) == [0])
        #expect(try goOn(&sessions, request(id, 4)) == [])
    }

    @Test("partitions that sent records go behind those that did not")
    func rotation() throws {
        var sessions = FetchSessions()
        let id = try open(&sessions, [0, 1, 2], at: at(0))
        let plan = try sessions.plan(request(id, 1), usesIDs: false, at: at(0)) { _ in nil }
        var told = results(plan)
        told[0].data.records = RecordsSlice(start: 0, count: 10)
        _ = try sessions.settle(plan, &told, at: at(0)) { 12 }
        let next = try sessions.plan(request(id, 2), usesIDs: false, at: at(0)) { _ in nil }
        #expect(next.fetches.map(\.key.partition) == [1, 2, 0])
    }

    @Test("a partition that is named twice is what its last row says")
    func namedTwice() throws {
        var sessions = FetchSessions()
        var request = request(0, -1, wanting: [3, 4])
        request.topics += self.request(0, -1, wanting: [3], from: 8).topics
        let plan = try sessions.plan(request, usesIDs: false, at: at(0)) { _ in nil }
        #expect(plan.fetches.map(\.key.partition) == [3, 4])
        #expect(plan.fetches.map(\.offset) == [8, 0])
    }

    @Test("a topic keeps the name that its id had first; one without a name gets it when there is")
    func names() throws {
        var sessions = FetchSessions()
        var request = request(0, 0, wanting: [0])
        request.topics[0].topicId = Self.id
        let plan = try sessions.plan(request, usesIDs: true, at: at(0)) { _ in nil }
        #expect(plan.fetches.map(\.topic) == [nil])
        var told = results(plan)
        let id = try sessions.settle(plan, &told, at: at(0)) { 5 }
        for (epoch, name) in [(1, "a"), (2, nil), (3, "b")] as [(Int32, String?)] {
            let next = try sessions.plan(self.request(id, epoch), usesIDs: true, at: at(0)) { _ in
                name
            }
            #expect(next.fetches.map(\.topic) == ["a"])
        }
    }

    // MARK: Ends

    @Test("a full fetch with the id of a session closes it")
    func closed() throws {
        var sessions = FetchSessions()
        let id = try open(&sessions, [0], at: at(0))
        let last = try sessions.plan(
            request(id, -1, wanting: [1]), usesIDs: false, at: at(0)
        ) { _ in nil }
        #expect(last.standing == .alone && sessions.count == 0)
        #expect(throws: FetchSessionError.unknown) {
            try sessions.plan(request(id, 1), usesIDs: false, at: at(0)) { _ in nil }
        }
    }

    @Test("a session without partitions ends")
    func emptied() throws {
        var sessions = FetchSessions()
        let id = try open(&sessions, [0], at: at(0))
        let plan = try sessions.plan(
            request(id, 1, forgetting: [0]), usesIDs: false, at: at(0)
        ) { _ in nil }
        #expect(plan.standing == .alone && plan.fetches.isEmpty && sessions.count == 0)
    }

    @Test("epochs go from the largest number to 1")
    func epochs() {
        #expect(FetchSession.epoch(after: 1) == 2)
        #expect(FetchSession.epoch(after: .max) == 1)
    }

    @Test("many changes leave what a simple list has")
    func random() throws {
        let random = SeededRandomness(seed: 0xF37C)
        var sessions = FetchSessions()
        let id = try open(&sessions, [0], at: at(0))
        var model: Set<Int32> = [0]
        for epoch in 1...2000 as ClosedRange<Int32> {
            let wanted = (0..<3).map { _ in Int32(random.next() % 40) }
            // One partition is always there: without any the session would end.
            let forgotten = (0..<4).map { _ in Int32(random.next() % 39 + 1) }
            let plan = try sessions.plan(
                request(id, epoch, wanting: wanted, forgetting: forgotten), usesIDs: false,
                at: at(0)
            ) { _ in nil }
            model = model.union(wanted).subtracting(forgotten)
            let found = plan.fetches.map(\.key.partition)
            #expect(found.count == model.count && Set(found) == model)
            #expect(sessions.partitionCount == model.count)
            var told = results(plan, records: random.next() % 2 == 0 ? 0 : 8)
            _ = try sessions.settle(plan, &told, at: at(0)) { 12 }
        }
    }

    // MARK: Room

    private func full(_ sizes: [Int32], at now: Instant) throws -> FetchSessions {
        var limits = limits
        limits.sessionsMax = sizes.count
        var sessions = FetchSessions(limits)
        for (place, size) in sizes.enumerated() {
            let id = try open(&sessions, Array(0..<size), at: now, id: Int32(place + 1))
            #expect(id == Int32(place + 1))
        }
        return sessions
    }

    private func has(_ sessions: FetchSessions, _ id: Int32, epoch: Int32 = 1) -> Bool {
        var sessions = sessions
        do {
            _ = try sessions.plan(request(id, epoch), usesIDs: false, at: at(0)) { _ in nil }
            return true
        } catch {
            return false
        }
    }

    @Test("in a full table young sessions are safe from other clients")
    func young() throws {
        var sessions = try full([1, 2], at: at(0))
        #expect(try open(&sessions, Array(0..<50), at: at(120)) == 0)
        #expect(has(sessions, 1) && has(sessions, 2))
    }

    @Test("a session that lay idle for over two minutes makes room, the longest idle first")
    func idle() throws {
        var sessions = try full([5, 5, 5], at: at(0))
        _ = try goOn(&sessions, request(1, 1), at: 100)
        _ = try goOn(&sessions, request(3, 1), at: 50)
        #expect(try open(&sessions, [0], at: at(121)) == 11)
        #expect(!has(sessions, 2) && has(sessions, 1, epoch: 2) && has(sessions, 3, epoch: 2))
    }

    @Test("an old session makes room for one with more partitions, the smallest first")
    func smaller() throws {
        var sessions = try full([4, 2, 3], at: at(0))
        for id in 1...3 as ClosedRange<Int32> { _ = try goOn(&sessions, request(id, 1), at: 200) }
        #expect(try open(&sessions, [0, 1], at: at(201)) == 0)
        #expect(try open(&sessions, [0, 1, 2], at: at(201)) == 11)
        #expect(!has(sessions, 2) && has(sessions, 1, epoch: 2) && has(sessions, 3, epoch: 2))
    }

    @Test("a replica's session drives out a young one of a client, and none drives it out")
    func privileged() throws {
        var sessions = try full([9, 8], at: at(0))
        #expect(try open(&sessions, [0], at: at(1), id: 21, replica: 2) == 21)
        #expect(has(sessions, 1) && !has(sessions, 2))
        #expect(try open(&sessions, [0], at: at(1), id: 22, replica: 2) == 22)
        #expect(try open(&sessions, Array(0..<99), at: at(2)) == 0)
        #expect(try open(&sessions, Array(0..<99), at: at(2), replica: 2) == 0)
    }

    @Test("all sessions together have a limit, too")
    func total() throws {
        var limits = limits
        limits.partitionsMax = 10
        var sessions = FetchSessions(limits)
        #expect(try open(&sessions, Array(0..<6), at: at(0), id: 1) == 1)
        #expect(try open(&sessions, Array(0..<5), at: at(1), id: 2) == 0)
        #expect(try open(&sessions, Array(0..<4), at: at(1), id: 3) == 3)
        #expect(sessions.partitionCount == 10)
        // What lies idle makes room here as well.
        #expect(try open(&sessions, Array(0..<5), at: at(200), id: 4) == 4)
        #expect(sessions.partitionCount <= 10)
    }

    @Test("without slots nobody gets a session")
    func noSlots() throws {
        var limits = limits
        limits.sessionsMax = 0
        var sessions = FetchSessions(limits)
        #expect(try open(&sessions, [0], at: at(0)) == 0)
    }
}
