import Testing
import VarveSim
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("the pace of heartbeats")
struct HeartbeatPaceTests {
    /// What a member that joins a group of its own is told.
    private func interval(_ scene: BrokerScene, _ group: String = "g") throws -> Int32 {
        let request = ConsumerGroupHeartbeatRequest(
            groupId: group, memberId: "m", memberEpoch: 0, rebalanceTimeoutMs: 1000,
            subscribedTopicNames: ["t"], topicPartitions: [])
        let reply = try scene.ask(request, 1, for: ConsumerGroupHeartbeatResponse.self)
        #expect(reply.message.errorCode == .none)
        return reply.message.heartbeatIntervalMs
    }

    private func set(
        _ name: String, _ value: String, of kind: Int8, _ resource: String, _ scene: BrokerScene
    ) throws {
        let request = IncrementalAlterConfigsRequest(
            resources: [
                .init(
                    resourceType: kind, resourceName: resource,
                    configs: [.init(name: name, configOperation: 0, value: value)])
            ])
        let reply = try scene.ask(request, 1, for: IncrementalAlterConfigsResponse.self)
        #expect(reply.message.responses.allSatisfy { $0.errorCode == .none })
    }

    @Test("properties of the broker and of the group set it, at start and at runtime")
    func properties() throws {
        let scene = try BrokerScene.now()
        #expect(try interval(scene) == 250)
        try set("varve.consumer.heartbeat.interval.min.ms", "1500", of: 4, "", scene)
        #expect(try interval(scene) == 1500)
        try set("varve.consumer.heartbeat.interval.min.ms", "9000", of: 4, "", scene)
        #expect(try interval(scene) == 5000, "the group's interval is the longest")
        try set("consumer.heartbeat.interval.ms", "7000", of: 32, "other", scene)
        #expect(try interval(scene, "other") == 7000)
        #expect(try interval(scene) == 5000)
        let started = try BrokerScene.now([
            "varve.consumer.heartbeat.interval.min.ms": "20",
            "group.consumer.heartbeat.interval.ms": "6000",
        ])
        #expect(try interval(started) == 20)
    }

    @Test("members of all groups are counted together, now and then")
    func census() throws {
        let scene = try BrokerScene.now(["offsets.topic.num.partitions": "3"])
        for number in 0..<130 { _ = try interval(scene, "group-\(number)") }
        scene.clock.advance(by: .seconds(2))
        #expect(try interval(scene, "group-0") == 260)
    }
}
