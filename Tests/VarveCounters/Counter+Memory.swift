internal import VarveBroker
internal import VarveBytes
internal import VarveLog
internal import VarveSim
internal import VarveTransport

extension Counter {
    /// Bytes of the heap that one of many keeps.
    static let memory: [Counter] = [
        Counter(number: "memory.log") { try memoryOfLogs(appending: 0) },
        Counter(number: "memory.log.used") { try memoryOfLogs(appending: 2) },
        Counter(number: "memory.partition") {
            let few = try memoryOfStart(partitions: 16)
            return (try memoryOfStart(partitions: 80) - few) / 64
        },
        Counter(number: "memory.connection") { try memoryOfConnections() },
    ]

    /// Logs that are opened again after a close.
    private static func memoryOfLogs(appending appendCount: Int) throws -> Int {
        let outside = try Outside.real()
        let count: Int32 = 32
        let batch = try Batches.make()
        let first = try DataDirectory(outside.path, in: outside.surroundings)
        for number in 0..<count {
            try first.openLog(LogScene.name(number)).append(batch.rawSpan, checking: .frame)
        }
        try first.close()
        let second = try DataDirectory(outside.path, in: outside.surroundings)
        var use = Heap.Use()
        for number in 0..<count {
            try use.add {
                let log = try second.openLog(LogScene.name(number))
                for _ in 0..<appendCount { try log.append(batch.rawSpan, checking: .frame) }
                if appendCount > 0 { log.rest() }
            }
        }
        defer { try? second.close() }
        return use.size / Int(count)
    }

    /// A broker that was started and has served nobody.
    private static func memoryOfStart(partitions: Int32) throws -> Int {
        let outside = try Outside.real()
        let scene = try BrokerScene(outside)
        try scene.makeTopic(partitions: partitions)
        try scene.broker.close()
        var use = Heap.Use()
        let broker = try use.add { try BrokerScene.broker(in: outside) }
        try broker.close()
        return use.size
    }

    /// Connections that each have produced once and are quiet.
    private static func memoryOfConnections() throws -> Int {
        let scene = try BrokerScene(.real())
        try scene.makeTopic()
        let frame = try Requests.produce(try Batches.make())
        // What the loop keeps for all connections is there with the first of them.
        let first = try serve(64, frame, by: scene)
        let second = try serve(64, frame, by: scene)
        return withExtendedLifetime((first.clients, second.clients)) { second.size / 64 }
    }

    /// - Returns: with the clients the bytes that serving them left in use.
    private static func serve(
        _ count: Int, _ frame: [UInt8], by scene: BrokerScene
    ) throws -> (clients: [FrameClient], size: Int) {
        let clients = try (0..<count).map { _ in try scene.connect() }
        var use = Heap.Use()
        for client in clients { client.send(frame: frame) }
        for _ in 0..<100_000 {
            for client in clients { client.turn() }
            if clients.allSatisfy({ !$0.frames.isEmpty }) { break }
            use.add { scene.loop.turn(.notAtAll) }
        }
        precondition(clients.allSatisfy { $0.frames.count == 1 }, "all are answered")
        return (clients, use.size)
    }
}
