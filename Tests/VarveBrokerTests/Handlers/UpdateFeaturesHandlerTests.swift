import Testing
import VarveMetadata
import VarveSim
import VarveSystem
import VarveTransactions
import VarveWire

@testable import VarveBroker

@Suite("UpdateFeatures")
struct UpdateFeaturesHandlerTests {
    @Test("a level whose record cannot be flushed is not promised, nor told of")
    func failedFlush() throws {
        let scene = try BrokerScene.now()
        scene.disk.fail(ordinal: 0, of: [.flush], with: .inputOutput, mode: .forGood)
        let answer = try scene.setLevel(of: .transactionVersion, to: 0)
        #expect(answer.errorCode == .kafkaStorageError)
        #expect(answer.results.isEmpty)
        #expect(try scene.finalized()["transaction.version"] != 0)
        scene.disk.clearFaults()
        scene.clock.advance(by: .seconds(2))
        #expect(try scene.finalized()["transaction.version"] == 2)
    }

    @Test("levels are told of at once, each change under a later epoch")
    func told() throws {
        let scene = try BrokerScene.now()
        let before = try scene.versions()
        #expect(try scene.finalized()["transaction.version"] == 2)
        let answer = try scene.setLevel(of: .transactionVersion, to: 1)
        #expect(answer.errorCode == .none)
        #expect(answer.results.map(\.feature) == ["transaction.version"])
        let after = try scene.versions()
        #expect(after.finalizedFeaturesEpoch > before.finalizedFeaturesEpoch)
        #expect(try scene.finalized()["transaction.version"] == 1)
        _ = try scene.setLevel(of: .transactionVersion, to: 0)
        #expect(try scene.finalized()["transaction.version"] == nil)
    }

    @Test("a request that only asks changes nothing")
    func validation() throws {
        let scene = try BrokerScene.now()
        let answer = try scene.setLevel(of: .groupVersion, to: 0, validateOnly: true)
        #expect(answer.errorCode == .none)
        #expect(try scene.finalized()["group.version"] == 1)
    }

    @Test("a refused request changes nothing, in every version")
    func refused() throws {
        let scene = try BrokerScene.now()
        for version: Int16 in 0...2 {
            let request = UpdateFeaturesRequest(
                featureUpdates: [
                    .init(feature: "transaction.version", maxVersionLevel: 1)
                ])
            let answer = try scene.ask(request, version, for: UpdateFeaturesResponse.self)
            #expect(answer.message.errorCode == .invalidUpdateVersion)
            #expect(answer.message.errorMessage?.contains("transaction.version") == true)
        }
        #expect(try scene.finalized()["transaction.version"] == 2)
    }

    @Test("older clients are told of no feature that can be off")
    func oldClients() throws {
        let scene = try BrokerScene.now()
        #expect(
            try scene.versions(3).supportedFeatures.map(\.name) == ["metadata.version"])
        #expect(
            try Set(scene.versions(4).supportedFeatures.map(\.name))
                == Set(Feature.allCases.map(\.rawValue)))
    }

    @Test("a restart, also after a power cut, keeps the levels")
    func restart() throws {
        let scene = try BrokerScene.now()
        for feature in [Feature.transactionVersion, .groupVersion, .shareVersion] {
            #expect(try scene.setLevel(of: feature, to: 0).errorCode == .none)
        }
        let rest = try BrokerScene(on: scene.disk.crash(keeping: .none), clock: scene.clock)
        #expect(
            try rest.finalized() == [
                "metadata.version": 30, "eligible.leader.replicas.version": 1,
            ])
        #expect(rest.broker.transactionLevel == .v0)
        #expect(!rest.broker.hasConsumerGroups && !rest.broker.hasShareGroups)
    }

    // MARK: Who goes by them

    @Test("consumer groups of KIP-848 are refused at level 0 of group.version")
    func consumerGroups() throws {
        let scene = try BrokerScene.now()
        let heartbeat = ConsumerGroupHeartbeatRequest(
            groupId: "g", memberId: "m", rebalanceTimeoutMs: 1000, subscribedTopicNames: ["t"],
            topicPartitions: [])
        let describe = ConsumerGroupDescribeRequest(groupIds: ["g"])
        for (level, isRefused) in [(Int16(0), true), (1, false)] {
            _ = try scene.setLevel(of: .groupVersion, to: level)
            let beat = try scene.ask(
                heartbeat, 1, for: ConsumerGroupHeartbeatResponse.self)
            #expect((beat.message.errorCode == .unsupportedVersion) == isRefused)
            let row = try scene.ask(describe, 1, for: ConsumerGroupDescribeResponse.self)
                .message.groups.first
            #expect((row?.errorCode == .unsupportedVersion) == isRefused)
        }
    }

    @Test("share groups are refused at level 0 of share.version")
    func shareGroups() throws {
        let scene = try BrokerScene.now()
        _ = try scene.setLevel(of: .shareVersion, to: 0)
        let code = ErrorCode.unsupportedVersion
        #expect(
            try scene.ask(
                ShareGroupHeartbeatRequest(groupId: "g", memberId: "m"), 1,
                for: ShareGroupHeartbeatResponse.self
            ).message.errorCode == code)
        #expect(
            try scene.ask(
                ShareGroupDescribeRequest(groupIds: ["g", "h"]), 1,
                for: ShareGroupDescribeResponse.self
            ).message.groups.map(\.errorCode) == [code, code])
        #expect(
            try scene.ask(
                ShareFetchRequest(groupId: "g", memberId: "m"), 2, for: ShareFetchResponse.self
            ).message.errorCode == code)
        #expect(
            try scene.ask(
                ShareAcknowledgeRequest(groupId: "g", memberId: "m"), 2,
                for: ShareAcknowledgeResponse.self
            ).message.errorCode == code)
        #expect(
            try scene.ask(
                DescribeShareGroupOffsetsRequest(groups: [.init(groupId: "g", topics: nil)]), 1,
                for: DescribeShareGroupOffsetsResponse.self
            ).message.groups.map(\.errorCode) == [code])
        #expect(
            try scene.ask(
                AlterShareGroupOffsetsRequest(groupId: "g"), 0,
                for: AlterShareGroupOffsetsResponse.self
            ).message.errorCode == code)
        #expect(
            try scene.ask(
                DeleteShareGroupOffsetsRequest(groupId: "g"), 0,
                for: DeleteShareGroupOffsetsResponse.self
            ).message.errorCode == code)
        _ = try scene.setLevel(of: .shareVersion, to: 1)
        #expect(
            try scene.ask(
                ShareGroupDescribeRequest(groupIds: ["g"]), 1,
                for: ShareGroupDescribeResponse.self
            ).message.groups.map(\.errorCode) == [.groupIdNotFound])
    }
}

extension BrokerScene {
    /// Changes the level of a feature, up or down.
    func setLevel(
        of feature: Feature, to level: Int16, validateOnly: Bool = false
    ) throws -> UpdateFeaturesResponse {
        let isUpgrade = level >= broker.image.level(of: feature)
        let request = UpdateFeaturesRequest(
            featureUpdates: [
                .init(
                    feature: feature.rawValue, maxVersionLevel: level,
                    upgradeType: isUpgrade ? 1 : 2)
            ],
            validateOnly: validateOnly)
        return try ask(request, 1, for: UpdateFeaturesResponse.self).message
    }

    func versions(_ version: Int16 = 4) throws -> ApiVersionsResponse {
        let request = ApiVersionsRequest(clientSoftwareName: "a", clientSoftwareVersion: "1")
        return try ask(request, version, for: ApiVersionsResponse.self).message
    }

    /// Features and the levels that clients are told of.
    func finalized() throws -> [String: Int16] {
        Dictionary(
            uniqueKeysWithValues: try versions().finalizedFeatures.map {
                ($0.name, $0.maxVersionLevel)
            })
    }
}
