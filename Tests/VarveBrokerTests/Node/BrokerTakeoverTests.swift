import Testing
import VarveLog
import VarveMetadata
import VarveSim
import VarveSystem
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("Broker: taking a directory over")
struct BrokerTakeoverTests {
    private let disk = SimulatedDisk()

    private var surroundings: Surroundings {
        Surroundings(
            fileSystem: disk, clock: SimulatedClock(), randomness: SeededRandomness(seed: 3),
            processID: 1, bootID: UniqueID(high: 1, low: 1))
    }

    private func broker(_ more: [String: String] = [:]) throws -> Broker {
        var configs = StaticConfigs()
        try configs.add(["log.dirs": "/d"].merging(more) { $1 })
        let settings = try BrokerSettings(configs)
        return try Broker(settings, endpoints: settings.advertised, in: surroundings)
    }

    @Test("a directory of another node is refused when the settings name a node")
    func otherNode() throws {
        try broker().close()
        let error = #expect(throws: BrokerError.self) { try broker(["node.id": "2"]) }
        #expect(
            error?.description == "/d belongs to node 1, but node.id is 2; set node.id=1, or use "
                + "another directory")
    }

    @Test("without a word the node is the one that the directory belongs to")
    func nodeOfDirectory() throws {
        try broker(["node.id": "5"]).close()
        let broker = try broker()
        #expect(broker.settings.nodeID == 5)
        #expect(broker.image.brokers.keys.sorted() == [5])
        try broker.close()
    }

    @Test("logs without a metadata log are refused: nobody knows their topics")
    func metadataMissing() throws {
        let directory = try DataDirectory("/d", in: surroundings)
        _ = try directory.openLog(try #require(LogName(topic: "clicks", partition: 0)))
        try directory.close()
        let error = #expect(throws: BrokerError.self) { try broker() }
        guard case .metadataMissing(path: "/d", logCount: 1)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a partition with replicas elsewhere is refused, and nothing is written")
    func otherReplicas() throws {
        let first = try broker()
        let id = UniqueID(high: 1, low: 2)
        try first.metadata.append(
            [
                .topic(TopicRecord(name: "clicks", topicId: id)),
                .partition(
                    PartitionRecord(
                        partitionId: 0, topicId: id, replicas: [1, 4, 3], leaderEpoch: 0,
                        partitionEpoch: 0)),
            ], at: Timestamp(milliseconds: 1))
        let end = first.metadata.log.ends.written
        try first.close()
        for _ in 0..<2 {
            let error = #expect(throws: BrokerError.self) { try broker() }
            guard case .otherReplicas(topic: "clicks", nodes: [3, 4])? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
        let directory = try DataDirectory("/d", in: surroundings)
        #expect(try directory.openLog(MetadataLog.name).ends.written == end)
        try directory.close()
    }

    private static func clicks(_ count: Int32) -> CreateTopicsRequest.CreatableTopic {
        var wanted = CreateTopicsRequest.CreatableTopic()
        wanted.name = "clicks"
        wanted.numPartitions = count
        wanted.replicationFactor = 1
        return wanted
    }

    @Test("other brokers that have nothing here are unregistered")
    func strangers() throws {
        let first = try broker()
        try first.metadata.append(
            [.registerBroker(RegisterBrokerRecord(brokerId: 9, fenced: false))],
            at: Timestamp(milliseconds: 1))
        try first.close()
        let second = try broker()
        #expect(second.image.brokers.keys.sorted() == [1])
        try second.close()
    }

    @Test("each start leads the metadata log in a higher epoch")
    func epochs() throws {
        let first = try broker()
        _ = first.create(Self.clicks(2), validateOnly: false, at: Timestamp(milliseconds: 1))
        #expect(first.partition("clicks", 1)?.leaderEpoch == 0)
        let epoch = try #require(first.metadata.log.latestEpoch)
        try first.close()
        let second = try broker()
        #expect(second.partition("clicks", 1)?.leaderEpoch == 1)
        #expect(second.metadata.log.latestEpoch == LeaderEpoch(epoch.rawValue + 1))
        try second.close()
    }

    @Test("a partition that Kafka's clean stop left without a leader is led again, in sync")
    func leaderless() throws {
        let first = try broker()
        let made = first.create(Self.clicks(1), validateOnly: false, at: Timestamp(milliseconds: 1))
        try first.metadata.append(
            [
                .partitionChange(
                    PartitionChangeRecord(
                        partitionId: 0, topicId: made.topicId, isr: [], leader: -1,
                        eligibleLeaderReplicas: [1], lastKnownElr: [1]))
            ], at: Timestamp(milliseconds: 1))
        try first.close()
        let second = try broker()
        let partition = try #require(second.image[topic: "clicks"]?.partitions[0])
        #expect(partition.leader == 1 && partition.leaderEpoch == 2)
        #expect(partition.inSyncReplicas == [1] && partition.eligibleLeaders == [])
        #expect(partition.lastKnownLeaders == [])
        try second.close()
    }
}
