import Testing
import VarveBytes
import VarveMetadata
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms
import VarveWire

@testable import VarveBroker

/// Each call of the disk fails once, or from then on; whatever was promised all the same is there
/// after a power cut that keeps nothing but what was flushed.
@Suite("Broker: metadata on a disk that fails")
struct MetadataFlushTests {
    private static let kinds: Set<FileError.Operation> =
        Set.changing.union([.flush, .flushDirectory])

    /// - Parameters:
    ///   - ask: asks the broker for something, and says whether it was promised.
    ///   - isKept: whether a broker that began after the power cut knows of it.
    private func sweep(
        _ mode: FaultMode, asking ask: (BrokerScene) throws -> Bool,
        isKept: (BrokerScene) throws -> Bool
    ) throws {
        var ordinal = 0
        var (promised, refused) = (0, 0)
        while true {
            let scene = try BrokerScene(["offsets.topic.num.partitions": "2"])
            scene.disk.fail(ordinal: ordinal, of: Self.kinds, with: .inputOutput, mode: mode)
            // What failed at first is asked for again: it is in the image by then, and no safer.
            for _ in 0..<3 {
                guard try ask(scene) else {
                    refused += 1
                    continue
                }
                promised += 1
                let rest = try BrokerScene(on: scene.disk.crash(keeping: .none))
                #expect(try isKept(rest), "call \(ordinal) failed, \(mode)")
            }
            guard scene.disk.faultHitCount > 0 else { break }
            scene.disk.clearFaults()
            let isHealed = try (0..<3).contains { _ in
                scene.clock.advance(by: .seconds(2))
                return try ask(scene)
            }
            #expect(isHealed, "it goes on once the disk does: call \(ordinal), \(mode)")
            ordinal += 1
        }
        #expect(ordinal > 2 && promised > 0 && refused > 0)
    }

    @Test(
        "a topic that clients are shown is there after a power cut",
        arguments: [
            FaultMode.once, .forGood,
        ])
    func shownTopic(_ mode: FaultMode) throws {
        try sweep(mode) {
            try metadata("clicks", $0)?.partitions.count == 1
        } isKept: {
            $0.broker.image[topic: "clicks"] != nil
        }
    }

    @Test(
        "the topic of a coordinator that was named is there after a power cut",
        arguments: [
            FaultMode.once, .forGood,
        ])
    func namedCoordinator(_ mode: FaultMode) throws {
        try sweep(mode) {
            try coordinator(of: "g", $0)?.nodeId == 1
        } isKept: {
            $0.broker.image[topic: GroupHost.topic] != nil
        }
    }

    @Test(
        "a producer id is not given out again after a power cut",
        arguments: [
            FaultMode.once, .forGood,
        ])
    func producerIDs(_ mode: FaultMode) throws {
        var last: Int64 = -1
        try sweep(mode) {
            guard let id = try producerID($0), id >= 0 else { return false }
            last = id
            return true
        } isKept: {
            try #require(try producerID($0)) > last
        }
    }

    @Test(
        "a level of a feature that was granted, or is told of, is in force after a power cut",
        arguments: [
            FaultMode.once, .forGood,
        ])
    func level(_ mode: FaultMode) throws {
        let request = UpdateFeaturesRequest(
            featureUpdates: [
                .init(feature: "transaction.version", maxVersionLevel: 0, upgradeType: 2)
            ])
        try sweep(mode) { scene in
            // Told in the same turn, before the level is flushed.
            let frames = [
                try BrokerScene.frame(request, version: 2),
                try BrokerScene.frame(
                    ApiVersionsRequest(clientSoftwareName: "a", clientSoftwareVersion: "1"),
                    version: 4),
            ]
            let answers = try scene.answers(to: frames)
            guard answers.count == 2 else { return false }
            let granted: UpdateFeaturesResponse = try BrokerScene.decode(answers[0], version: 2)
            let told: ApiVersionsResponse = try BrokerScene.decode(answers[1], version: 4)
            let isTold =
                !told.finalizedFeatures.isEmpty
                && !told.finalizedFeatures.contains { $0.name == "transaction.version" }
            #expect(isTold == (granted.errorCode == .none))
            return isTold
        } isKept: {
            $0.broker.image.level(of: .transactionVersion) == 0
        }
    }

    @Test(
        "an acknowledged record is there after a power cut, however its topic was made",
        arguments: [
            FaultMode.once, .forGood,
        ])
    func producedRecord(_ mode: FaultMode) throws {
        try sweep(mode) { scene in
            // The topic is made in the same turn.
            let frames = [
                try BrokerScene.frame(metadataRequest("clicks"), version: 9), try produceFrame,
            ]
            let answers = try scene.answers(to: frames)
            guard answers.count == 2 else { return false }
            let response: ProduceResponse = try BrokerScene.decode(answers[1], version: 9)
            return response.responses[0].partitionResponses[0].errorCode == .none
        } isKept: {
            $0.broker.partition("clicks", 0).map { $0.highWatermark > .zero } ?? false
        }
    }

    // MARK: Requests

    private func metadata(
        _ name: String, _ scene: BrokerScene
    ) throws -> MetadataResponse.MetadataResponseTopic? {
        let answer = try scene.ask(
            metadataRequest(name), version: 9, for: MetadataResponse.self)
        return answer?.topics.first
    }

    private func metadataRequest(_ name: String) -> MetadataRequest {
        var request = MetadataRequest()
        request.topics = [.init(name: name)]
        request.allowAutoTopicCreation = true
        return request
    }

    private func producerID(_ scene: BrokerScene) throws -> Int64? {
        var request = InitProducerIdRequest()
        request.transactionalId = nil
        return try scene.ask(request, version: 4, for: InitProducerIdResponse.self)?.producerId
    }

    private func coordinator(
        of group: String, _ scene: BrokerScene
    ) throws -> FindCoordinatorResponse.Coordinator? {
        var request = FindCoordinatorRequest()
        request.coordinatorKeys = [group]
        let answer = try scene.ask(request, version: 4, for: FindCoordinatorResponse.self)
        return answer?.coordinators.first
    }

    /// A record for `clicks-0`.
    private var produceFrame: [UInt8] {
        get throws {
            var builder = RecordBatchBuilder()
            builder.begin()
            _ = try builder.append(key: nil, value: nil, timestamp: Timestamp(milliseconds: 1))
            _ = try builder.seal()
            let batch = builder.sealedBytes.array()
            let records = RecordsSlice(count: batch.count)
            var request = ProduceRequest()
            request.acks = -1
            request.timeoutMs = 1000
            request.topicData = [
                .init(name: "clicks", partitionData: [.init(index: 0, records: records)])
            ]
            return try BrokerScene.frame(request, with: batch, version: 9)
        }
    }
}
