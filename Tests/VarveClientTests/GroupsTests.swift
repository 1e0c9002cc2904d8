import Testing
import VarveBytes
import VarveClient
import VarveTerms
import VarveTransport
import VarveWire

@Suite("Client: groups")
struct GroupsTests {
    private let network = ScriptedNetwork()
    private let client: Client

    init() { client = Client([ScriptedNetwork.first], through: network) }

    private func serve(_ react: @escaping (Asked) throws -> Reaction) {
        client.close()
        network.brokers[ScriptedNetwork.first] = { asked in
            switch asked.api {
            case .apiVersions: .answer(ApiVersionsResponse.speaking())
            case .metadata: .answer(MetadataResponse.cluster(leader: 1))
            case .findCoordinator: .answer(FindCoordinatorResponse(nodeId: 1))
            default: try react(asked)
            }
        }
    }

    @Test("a group that is of no kind is not there; brokers without a kind have none of it")
    func unknown() throws {
        // These brokers do not know of share groups.
        serve { asked in
            asked.api == .describeGroups
                ? .answer(DescribeGroupsResponse(groups: [.init(groupState: "Dead")]))
                : .answer(
                    ConsumerGroupDescribeResponse(groups: [
                        .init(errorCode: .groupIdNotFound, errorMessage: "no")
                    ]))
        }
        #expect(throws: ClientError.refused(.groupIdNotFound, subject: "group g", message: nil)) {
            try client.describe(group: "g")
        }
        serve { _ in .answer(DescribeGroupsResponse(groups: [.init(errorCode: .invalidGroupId)])) }
        #expect(throws: ClientError.self) { try client.describe(group: "g") }
        #expect(network.count(of: .consumerGroupDescribe) == 1)
    }

    @Test("a group of the new protocol tells its epochs, and what members have and are to have")
    func consumers() throws {
        serve { asked in
            guard asked.api == .consumerGroupDescribe else {
                return .answer(
                    DescribeGroupsResponse(groups: [.init(errorCode: .groupIdNotFound)]))
            }
            let given = ConsumerGroupDescribeResponse.Assignment(topicPartitions: [
                .init(topicName: "t", partitions: [2, 0])
            ])
            return .answer(
                ConsumerGroupDescribeResponse(groups: [
                    .init(
                        groupId: "g", groupState: "Reconciling", groupEpoch: 4, assignmentEpoch: 3,
                        assignorName: "uniform",
                        members: [
                            .init(
                                memberId: "m", instanceId: "i", memberEpoch: 2,
                                targetAssignment: given)
                        ])
                ]))
        }
        let layout = try client.describe(group: "g")
        #expect(layout.kind == .consumer && layout.epoch == 4 && layout.assignmentEpoch == 3)
        #expect(!layout.isIdle)
        let member = try #require(layout.members.first)
        #expect(member.instance == "i" && member.epoch == 2 && member.partitions.isEmpty)
        #expect(member.target == [TopicPartition("t", 0), TopicPartition("t", 2)])
    }

    @Test("what a member of the classic kind was given is read, and damage is nothing")
    func assignments() throws {
        for (bytes, expected) in [
            (
                [0, 1, 0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 1, 0, 0, 0, 5, 255, 255, 255, 255],
                [TopicPartition("t", 5)]
            ),
            (
                [0, 9, 0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 1, 0, 0, 0, 5, 255, 255, 255, 255, 1],
                [TopicPartition("t", 5)]
            ),
            ([0, 1, 0, 0, 0, 9], []), ([0], []), ([], []),
        ] as [([UInt8], [TopicPartition])] {
            serve { _ in
                .answer(
                    DescribeGroupsResponse(groups: [
                        .init(groupState: "Stable", members: [.init(memberAssignment: bytes)])
                    ]))
            }
            let layout = try client.describe(group: "g")
            #expect(layout.members.map(\.partitions) == [expected], "\(bytes)")
        }
    }

    @Test("one partition that is refused is told, of all that were asked for")
    func refused() throws {
        let place = TopicPartition("t", 0)
        serve { _ in
            .answer(
                OffsetDeleteResponse(topics: [
                    .init(
                        name: "t",
                        partitions: [
                            .init(partitionIndex: 0, errorCode: .groupSubscribedToTopic)
                        ])
                ]))
        }
        #expect(
            throws: ClientError.refused(.groupSubscribedToTopic, subject: "group g", message: nil)
        ) { try client.deleteOffsets(of: [place], for: "g") }
    }
}
