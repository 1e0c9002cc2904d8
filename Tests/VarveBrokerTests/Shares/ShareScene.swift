import Testing
import VarveSim
import VarveTerms
import VarveTransport
import VarveWire

@testable import VarveBroker

/// A broker with a topic `t` of one partition, and members of the share group `g`, which begins
/// at the earliest record.
struct ShareScene {
    let scene: BrokerScene
    let topicID: UniqueID
    private let properties: [String: String]

    init(_ properties: [String: String] = [:]) throws {
        let small = [
            "offsets.topic.num.partitions": "2",
            "share.coordinator.state.topic.num.partitions": "2",
        ]
        self.properties = small.merging(properties) { $1 }
        scene = try BrokerScene.now(self.properties)
        topicID = try scene.makeTopic("t")
        try set("share.auto.offset.reset", "earliest")
    }

    /// Sets a property of the group.
    func set(_ name: String, _ value: String) throws {
        let change = IncrementalAlterConfigsRequest(resources: [
            .init(
                resourceType: 32, resourceName: "g",
                configs: [.init(name: name, configOperation: 0, value: value)])
        ])
        let answer = try scene.ask(change, 1, for: IncrementalAlterConfigsResponse.self)
        #expect(answer.message.responses.map(\.errorCode) == [ErrorCode.none])
    }

    private init(_ scene: BrokerScene, after last: ShareScene) {
        (self.scene, topicID, properties) = (scene, last.topicID, last.properties)
    }

    /// The next life, on a disk that has only what was flushed.
    func afterPowerCut() throws -> ShareScene {
        try after(scene.disk.crash(keeping: .none))
    }

    /// The next life, on a disk.
    func after(_ disk: SimulatedDisk) throws -> ShareScene {
        ShareScene(try BrokerScene(on: disk, clock: scene.clock, properties), after: self)
    }

    /// Lets time pass while nobody asks for anything.
    func pass(_ time: Duration) {
        scene.clock.advance(by: time)
        for _ in 0..<4 { scene.loop.turn(.notAtAll) }
    }

    /// Joins the group and comes to its assignment.
    func join(_ member: String) throws {
        _ = try beat(member, 0, ["t"])
        scene.clock.advance(by: .seconds(1))
        let answer = try beat(member, 0, ["t"])
        #expect(answer.errorCode == .none)
        #expect(answer.assignment?.topicPartitions.isEmpty == false)
    }

    func beat(
        _ member: String, _ epoch: Int32, _ topics: [String]? = nil
    ) throws -> ShareGroupHeartbeatResponse {
        let request = ShareGroupHeartbeatRequest(
            groupId: "g", memberId: member, memberEpoch: epoch, subscribedTopicNames: topics)
        return try scene.ask(request, 1, for: ShareGroupHeartbeatResponse.self).message
    }

    // MARK: Records

    func produce(_ count: Int) throws {
        let rows = (0..<count).map { SentBatch.Row(nil, "v\($0)") }
        #expect(try scene.produce(SentBatch.make(rows), to: "t").errorCode == .none)
    }

    func fetchRequest(
        _ member: String, _ epoch: Int32, waitMs: Int32 = 0
    ) -> ShareFetchRequest {
        var request = ShareFetchRequest(
            groupId: "g", memberId: member, shareSessionEpoch: epoch, maxWaitMs: waitMs,
            minBytes: 1, maxBytes: 1 << 20, maxRecords: 500, batchSize: 500)
        if epoch == 0 { request.topics = [.init(topicId: topicID, partitions: [.init()])] }
        return request
    }

    func send(
        _ member: String, _ epoch: Int32, waitMs: Int32 = 0, by client: BrokerScene.Client
    ) throws {
        try scene.send(fetchRequest(member, epoch, waitMs: waitMs), 2, by: client)
    }

    func take(_ client: BrokerScene.Client) throws -> ShareFetchResponse {
        try scene.take(ShareFetchResponse.self, 2, from: client).message
    }

    /// What a member gets: first offset, last offset, delivery count.
    func fetch(
        _ member: String, _ epoch: Int32, by client: BrokerScene.Client
    ) throws -> [[Int64]] {
        try send(member, epoch, by: client)
        return Self.rows(try take(client))
    }

    static func rows(_ answer: ShareFetchResponse) -> [[Int64]] {
        answer.responses.flatMap(\.partitions).flatMap(\.acquiredRecords).map {
            [$0.firstOffset, $0.lastOffset, Int64($0.deliveryCount)]
        }
    }

    func acknowledge(
        _ member: String, _ epoch: Int32, _ kind: Int8, _ first: Int64, _ last: Int64,
        by client: BrokerScene.Client
    ) throws -> ShareAcknowledgeResponse {
        let request = ShareAcknowledgeRequest(
            groupId: "g", memberId: member, shareSessionEpoch: epoch,
            topics: [
                .init(
                    topicId: topicID,
                    partitions: [
                        .init(
                            acknowledgementBatches: [
                                .init(
                                    firstOffset: first, lastOffset: last, acknowledgeTypes: [kind])
                            ])
                    ])
            ])
        try scene.send(request, 2, by: client)
        return try scene.take(ShareAcknowledgeResponse.self, 2, from: client).message
    }

    /// Where the group stands in the partition: start offset and lag.
    func offsets() throws -> [Int64] {
        let request = DescribeShareGroupOffsetsRequest(groups: [.init(groupId: "g", topics: nil)])
        let answer = try scene.ask(request, 1, for: DescribeShareGroupOffsetsResponse.self)
        let row = answer.message.groups.first?.topics.first?.partitions.first
        return row.map { [$0.startOffset, $0.lag] } ?? []
    }
}
