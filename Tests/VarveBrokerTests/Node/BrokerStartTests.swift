import Testing
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("Broker: start")
struct BrokerStartTests {
    private let disk = SimulatedDisk()

    private var surroundings: Surroundings {
        Surroundings(
            fileSystem: disk, clock: SimulatedClock(), randomness: SeededRandomness(seed: 3),
            processID: 1, bootID: UniqueID(high: 1, low: 1))
    }

    private func broker() throws -> Broker {
        var configs = StaticConfigs()
        try configs.add(["log.dirs": "/d"])
        let settings = try BrokerSettings(configs)
        return try Broker(settings, endpoints: settings.advertised, in: surroundings)
    }

    @Test("a directory of another node is refused")
    func otherNode() throws {
        try broker().close()
        var configs = StaticConfigs()
        try configs.add(["log.dirs": "/d", "node.id": "2"])
        let settings = try BrokerSettings(configs)
        #expect(throws: BrokerError.self) {
            try Broker(settings, endpoints: settings.advertised, in: surroundings)
        }
    }

    @Test("a folder that an earlier topic of the same name left is put aside, not served")
    func strayFolder() throws {
        let directory = try DataDirectory("/d", in: surroundings)
        let name = try #require(LogName(topic: "clicks", partition: 0))
        let old = try directory.openLog(name).topicID
        try directory.close()
        let broker = try broker()
        var wanted = CreateTopicsRequest.CreatableTopic()
        wanted.name = "clicks"
        wanted.numPartitions = 1
        wanted.replicationFactor = 1
        let made = broker.create(wanted, validateOnly: false, at: Timestamp(milliseconds: 1))
        #expect(made.errorCode == .none)
        let partition = try #require(broker.partitions["clicks", 0])
        #expect(partition.log.topicID == made.topicId && made.topicId != old)
        let others = try broker.node.directories[0].otherFolders()
        #expect(others.map(\.log) == [name])
        try broker.close()
    }

    @Test("each start leads every partition in a higher epoch")
    func epochs() throws {
        let first = try broker()
        var wanted = CreateTopicsRequest.CreatableTopic()
        wanted.name = "clicks"
        wanted.numPartitions = 2
        wanted.replicationFactor = 1
        _ = first.create(wanted, validateOnly: false, at: Timestamp(milliseconds: 1))
        #expect(first.partitions["clicks", 1]?.leaderEpoch == 0)
        try first.close()
        let second = try broker()
        #expect(second.partitions["clicks", 1]?.leaderEpoch == 1)
        try second.close()
    }
}
