internal import VarveTerms
internal import VarveTransport
internal import VarveWire

extension Counter {
    /// Calls of one turn of a broker's loop, in which requests come and are answered.
    static let callsOfBrokers: [Counter] = [
        Counter(calls: "turn") {
            let scene = try served()
            return scene.outside.calls.calls { scene.loop.turn(.notAtAll) }
        },
        Counter(calls: "api-versions") {
            try served().calls(of: [try Requests.apiVersions()])
        },
        Counter(calls: "metadata") { try served().calls(of: [try Requests.metadata()]) },
        Counter(calls: "produce") {
            try served().calls(of: [try Requests.produce(try Batches.make())])
        },
        Counter(calls: "produce.16") {
            let frame = try Requests.produce(try Batches.make())
            return try served().calls(of: [[UInt8]](repeating: frame, count: 16))
        },
        Counter(calls: "produce.16-partitions") {
            let frame = try Requests.produce(try Batches.make(), partitions: 0..<16)
            return try served(partitions: 16).calls(of: [frame])
        },
        Counter(calls: "fetch") {
            let scene = try served()
            return scene.calls(of: [try Requests.fetch(scene.topicID, from: 3)])
        },
        Counter(calls: "fetch.64kib") {
            let scene = try served()
            let frame = try Requests.fetch(scene.topicID, from: 0, sizeMax: 64 << 10)
            try scene.produce(64, try Batches.make())
            return scene.calls(of: [frame])
        },
        Counter(calls: "commit-offset") {
            let scene = try served()
            try commitOnce(scene)
            return scene.calls(of: [try Requests.commitOffset()])
        },
        Counter(calls: "heartbeat") {
            let scene = try served()
            return scene.calls(of: [try heartbeat(scene)])
        },
    ]

    /// Allocations of a turn, and of a request that comes and is answered.
    static let heapOfBrokers: [Counter] = [
        Counter(number: "heap.turn") {
            let scene = try served(.real())
            return Heap.calls { scene.loop.turn(.notAtAll) }
        },
        Counter(number: "heap.api-versions") {
            try served(.real()).heap { _ in try Requests.apiVersions() }
        },
        Counter(number: "heap.metadata") {
            try served(.real()).heap { _ in try Requests.metadata() }
        },
        Counter(number: "heap.produce") {
            let batch = try Batches.make()
            return try served(.real()).heap { _ in try Requests.produce(batch) }
        },
        Counter(number: "heap.produce.16-partitions") {
            let batch = try Batches.make()
            return try served(.real(), partitions: 16).heap { _ in
                try Requests.produce(batch, partitions: 0..<16)
            }
        },
        Counter(number: "heap.fetch") {
            let scene = try served(.real())
            return try scene.heap { _ in try Requests.fetch(scene.topicID, from: 3) }
        },
        Counter(number: "heap.fetch.session") {
            let scene = try served(.real())
            var session = try scene.beginSession()
            return try scene.heap { try fetch($0, in: &session, scene) }
        },
        Counter(number: "heap.fetch.other-session") {
            let scene = try served(.real())
            var session = try scene.beginSession()
            let alone = try scene.use(64) { try fetch($0, in: &session, scene) }
            for _ in 0..<64 { _ = try scene.beginSession() }
            let among = try scene.use(64) { try fetch($0, in: &session, scene) }
            return (among.sizeGiven - alone.sizeGiven) / 64 / 64
        },
        Counter(number: "heap.commit-offset") {
            let scene = try served(.real())
            try commitOnce(scene)
            return try scene.heap { _ in try Requests.commitOffset() }
        },
        Counter(number: "heap.heartbeat") {
            let scene = try served(.real())
            let frame = try heartbeat(scene)
            return try scene.heap { _ in frame }
        },
    ]

    private static func fetch(
        _ number: Int, in session: inout Requests.Session, _ scene: BrokerScene
    ) throws -> [UInt8] {
        defer { session.epoch += 1 }
        return try Requests.fetch(scene.topicID, from: Int64(number % 8), in: session)
    }

    /// A broker with a topic that has taken eight batches.
    private static func served(
        _ outside: Outside = .simulated(), partitions: Int32 = 1
    ) throws -> BrokerScene {
        let scene = try BrokerScene(outside)
        try scene.makeTopic(partitions: partitions)
        try scene.produce(8, try Batches.make())
        return scene
    }

    /// Makes the topic of offsets, and commits one.
    private static func commitOnce(_ scene: BrokerScene) throws {
        var request = FindCoordinatorRequest()
        (request.keyType, request.coordinatorKeys) = (0, ["counters", "members"])
        let found: FindCoordinatorResponse = try scene.ask(
            try Requests.frame(request, 4), 4)
        precondition(found.coordinators.allSatisfy { $0.errorCode == ErrorCode.none })
        let answer: OffsetCommitResponse = try scene.ask(
            try Requests.commitOffset(), Requests.versions.offsetCommit)
        precondition(answer.topics[0].partitions[0].errorCode == ErrorCode.none)
    }

    /// - Returns: the heartbeat of a member that has joined and has its partitions.
    private static func heartbeat(_ scene: BrokerScene) throws -> [UInt8] {
        try commitOnce(scene)
        let member = "\(UniqueID(high: 7, low: 7))"
        let joined: ConsumerGroupHeartbeatResponse = try scene.ask(
            try Requests.join(member), Requests.versions.heartbeat)
        precondition(joined.errorCode == ErrorCode.none, "\(joined)")
        return try Requests.heartbeat(member, epoch: joined.memberEpoch)
    }
}
