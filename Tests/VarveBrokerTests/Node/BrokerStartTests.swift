import Testing
import VarveLog
import VarveTerms
import VarveTesting
import VarveWire

@testable import VarveBroker

@Suite("Broker: start")
struct BrokerStartTests {
    /// Makes a topic as a request would.
    private func make(
        _ topic: String, partitions count: Int32, on broker: Broker
    ) -> CreateTopicsResponse.CreatableTopicResult {
        var wanted = CreateTopicsRequest.CreatableTopic()
        wanted.name = topic
        wanted.numPartitions = count
        wanted.replicationFactor = 1
        return broker.create(wanted, validateOnly: false, at: Timestamp(milliseconds: 1))
    }

    @Test("a directory of another node is refused")
    func otherNode() throws {
        let first = try SimulatedBroker()
        try first.stop()
        #expect(throws: TestBrokerError.self) {
            try SimulatedBroker(["node.id": "2"], disk: first.disk)
        }
    }

    @Test("a folder that an earlier topic of the same name left is put aside, not served")
    func strayFolder() throws {
        let life = try SimulatedBroker()
        let name = try #require(LogName(topic: "clicks", partition: 0))
        // A log of another topic, as a crash between two deletions leaves it.
        let old = try #require(life.broker?.node.openLog(name).topicID)
        try life.stop()
        try life.start()
        let broker = try #require(life.broker)
        let made = make("clicks", partitions: 1, on: broker)
        #expect(made.errorCode == .none)
        let partition = try #require(broker.partition("clicks", 0))
        #expect(partition.log.topicID == made.topicId && made.topicId != old)
        let others = try broker.node.directories[0].otherFolders()
        #expect(others.map(\.log) == [name])
        try life.stop()
    }

    @Test("access control that a node was taken over with is told of, since it is not enforced")
    func accessControl() throws {
        let first = try UpkeepScene()
        #expect(first.diagnostics.lines.isEmpty)
        let record = AccessControlEntryRecord(
            id: UniqueID(high: 1, low: 2), resourceType: 2, resourceName: "clicks",
            patternType: 3, principal: "User:eve", host: "*", operation: 3, permissionType: 2)
        try first.broker.metadata.append(
            [.accessControlEntry(record)], at: Timestamp(milliseconds: 1))
        try first.broker.close()
        let second = try UpkeepScene(on: first.disk)
        #expect(second.diagnostics.lines.count == 1)
        #expect(second.diagnostics.lines.first?.hasPrefix("access control (entries: 1)") == true)
    }

    @Test("each start leads every partition in a higher epoch")
    func epochs() throws {
        let life = try SimulatedBroker()
        _ = make("clicks", partitions: 2, on: try #require(life.broker))
        #expect(life.broker?.partition("clicks", 1)?.leaderEpoch == 0)
        try life.stop()
        try life.start()
        #expect(life.broker?.partition("clicks", 1)?.leaderEpoch == 1)
    }
}
