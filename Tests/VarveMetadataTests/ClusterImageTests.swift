import Testing
import VarveTerms
import VarveWire

@testable import VarveMetadata

@Suite("ClusterImage")
struct ClusterImageTests {
    private static let clicks = UniqueID(high: 1, low: 1)

    private static func image(_ records: [MetadataRecord]) throws -> ClusterImage {
        var image = ClusterImage()
        for record in records { try image.replay(record) }
        return image
    }

    /// A topic with one partition.
    private static let topic: [MetadataRecord] = [
        .topic(TopicRecord(name: "clicks", topicId: clicks)),
        .partition(
            PartitionRecord(
                partitionId: 0, topicId: clicks, replicas: [1], isr: [1], leader: 1,
                leaderEpoch: 0, partitionEpoch: 0)),
    ]

    // MARK: What does not fit

    @Test(
        "records of what is not there are refused with its name",
        arguments: [
            MetadataRecord.removeTopic(RemoveTopicRecord(topicId: clicks)),
            .partition(
                PartitionRecord(
                    partitionId: 0, topicId: clicks, leaderEpoch: 0, partitionEpoch: 0)),
            .partitionChange(PartitionChangeRecord(partitionId: 0, topicId: clicks)),
        ])
    func unknown(record: MetadataRecord) {
        var image = ClusterImage()
        let error = #expect(throws: MetadataError.self) { try image.replay(record) }
        #expect(error?.description.contains("\(Self.clicks)") == true)
        #expect(image == ClusterImage())
    }

    @Test("a partition that leaves a gap is refused")
    func gap() throws {
        var image = try Self.image(Self.topic)
        let late = PartitionRecord(
            partitionId: 2, topicId: Self.clicks, leaderEpoch: 0, partitionEpoch: 0)
        #expect(throws: MetadataError.unknown("partition 2 of topic \(Self.clicks) leaves a gap")) {
            try image.replay(.partition(late))
        }
    }

    @Test("epochs that are negative, or have no successor, are refused")
    func epochs() throws {
        var image = try Self.image(Self.topic)
        let negative = PartitionRecord(
            partitionId: 0, topicId: Self.clicks, leaderEpoch: -1, partitionEpoch: 0)
        let last = PartitionRecord(
            partitionId: 0, topicId: Self.clicks, leaderEpoch: .max, partitionEpoch: 0)
        let change = PartitionChangeRecord(partitionId: 0, topicId: Self.clicks, leader: 1)
        #expect(throws: MetadataError.self) { try image.replay(.partition(negative)) }
        try image.replay(.partition(last))
        #expect(throws: MetadataError.self) { try image.replay(.partitionChange(change)) }
    }

    @Test("a property of a kind of resource that nobody knows is refused")
    func unknownResource() {
        var image = ClusterImage()
        #expect(throws: MetadataError.unknown("no resource has the type 77")) {
            try image.replay(.config(ConfigRecord(resourceType: 77, name: "a", value: "b")))
        }
    }

    // MARK: Partitions

    @Test("a change leaves what it does not name, and a leader that it names begins an epoch")
    func partitionChange() throws {
        var image = try Self.image(Self.topic)
        var change = PartitionChangeRecord(partitionId: 0, topicId: Self.clicks)
        change.eligibleLeaderReplicas = [1]
        try image.replay(.partitionChange(change))
        var partition = try #require(image[topic: "clicks"]?.partitions[0])
        #expect(partition.leader == 1 && partition.leaderEpoch == 0)
        #expect(partition.partitionEpoch == 1 && partition.eligibleLeaders == [1])
        change = PartitionChangeRecord(partitionId: 0, topicId: Self.clicks, isr: [], leader: -1)
        try image.replay(.partitionChange(change))
        partition = try #require(image[topic: "clicks"]?.partitions[0])
        #expect(partition.leader == -1 && partition.leaderEpoch == 1)
        #expect(partition.inSyncReplicas == [] && partition.replicas == [1])
        #expect(partition.eligibleLeaders == [1])
        try image.replay(.clearElr(ClearElrRecord(topicName: "clicks")))
        #expect(image[topic: "clicks"]?.partitions[0].eligibleLeaders == [])
    }

    // MARK: Brokers

    @Test("a change of a registration begins and ends what it names")
    func registrationChange() throws {
        var image = try Self.image([
            .registerBroker(RegisterBrokerRecord(brokerId: 1, brokerEpoch: 5, fenced: true))
        ])
        try image.replay(
            .brokerRegistrationChange(
                BrokerRegistrationChangeRecord(brokerId: 1, brokerEpoch: 5, fenced: -1)))
        #expect(image.brokers[1]?.isFenced == false)
        try image.replay(
            .brokerRegistrationChange(
                BrokerRegistrationChangeRecord(
                    brokerId: 1, brokerEpoch: 5, inControlledShutdown: 1)))
        #expect(image.brokers[1]?.isFenced == false)
        #expect(image.brokers[1]?.isInControlledShutdown == true)
    }

    // MARK: Records

    /// One of everything that stays.
    private static let everything: [MetadataRecord] =
        [
            .featureLevel(FeatureLevelRecord(name: "group.version", featureLevel: 1)),
            .featureLevel(FeatureLevelRecord(name: "metadata.version", featureLevel: 30)),
            .zkMigrationState(ZkMigrationStateRecord(zkMigrationState: 1)),
            .registerBroker(
                RegisterBrokerRecord(
                    brokerId: 1, incarnationId: UniqueID(high: 3, low: 4), brokerEpoch: 5,
                    endPoints: [
                        .init(name: "TLS", host: "a", port: 9093, securityProtocol: 1)
                    ],
                    features: [
                        .init(
                            name: "metadata.version", minSupportedVersion: 7,
                            maxSupportedVersion: 30)
                    ], rack: "r", fenced: false, inControlledShutdown: true,
                    logDirs: [UniqueID(high: 5, low: 6)], cordonedLogDirs: [])),
            .registerController(RegisterControllerRecord(controllerId: 1)),
        ] + topic + [
            .partitionChange(
                PartitionChangeRecord(
                    partitionId: 0, topicId: clicks, isr: [], leader: -1, replicas: [1, 2],
                    removingReplicas: [1], addingReplicas: [2], leaderRecoveryState: 1,
                    directories: [UniqueID(high: 5, low: 6), .zero], eligibleLeaderReplicas: [1],
                    lastKnownElr: [2])),
            .config(
                ConfigRecord(resourceType: 2, resourceName: "clicks", name: "a", value: "b")),
            .clientQuota(
                ClientQuotaRecord(
                    entity: [.init(entityType: "user", entityName: nil)], key: "rate", value: 1.5)),
            .producerIds(ProducerIdsRecord(brokerId: 1, brokerEpoch: 5, nextProducerId: 2000)),
            .accessControlEntry(AccessControlEntryRecord(id: UniqueID(high: 7, low: 8))),
            .userScramCredential(UserScramCredentialRecord(name: "u", mechanism: 1)),
            .delegationToken(DelegationTokenRecord(tokenId: "t")),
        ]

    @Test("the records of an image make an equal image, whatever order made it")
    func records() throws {
        let image = try Self.image(Self.everything)
        let again = try Self.image(image.records)
        #expect(again == image)
        #expect(again.records == image.records)
        #expect(image.records.count == Self.everything.count - 1)
        guard case .featureLevel(let first)? = image.records.first else {
            Issue.record("\(image.records)")
            return
        }
        #expect(first.name == "metadata.version")
    }

    @Test("what was removed leaves no record")
    func removed() throws {
        var image = try Self.image(Self.everything)
        let removals: [MetadataRecord] = [
            .featureLevel(FeatureLevelRecord(name: "group.version", featureLevel: 0)),
            .unregisterBroker(UnregisterBrokerRecord(brokerId: 1)),
            .removeTopic(RemoveTopicRecord(topicId: Self.clicks)),
            .clientQuota(
                ClientQuotaRecord(
                    entity: [.init(entityType: "user", entityName: nil)], key: "rate",
                    remove: true)),
            .removeAccessControlEntry(
                RemoveAccessControlEntryRecord(id: UniqueID(high: 7, low: 8))),
            .removeUserScramCredential(RemoveUserScramCredentialRecord(name: "u", mechanism: 1)),
            .removeDelegationToken(RemoveDelegationTokenRecord(tokenId: "t")),
        ]
        for record in removals { try image.replay(record) }
        // Left are the level of the metadata, the migration, the controller, producer ids.
        #expect(image.records.count == 4)
    }
}
