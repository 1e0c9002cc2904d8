import Testing
import VarveController
import VarveMetadata
import VarveTerms
import VarveWire

@Suite("TopicCreation")
struct TopicCreationTests {
    private static func refusal(
        _ wanted: CreateTopicsRequest.CreatableTopic, in image: ClusterImage = ClusterImage()
    ) -> Refusal? {
        do throws(Refusal) {
            _ = try TopicCreation(
                wanted, id: UniqueID(high: 2, low: 2),
                defaults: .init(partitionCount: 1, replicationFactor: 1), in: image)
            return nil
        } catch {
            return error
        }
    }

    @Test("a name that is none, and collides besides, is told to collide, as Kafka tells it")
    func collision() throws {
        var image = ClusterImage()
        try image.replay(.topic(TopicRecord(name: "_", topicId: UniqueID(high: 1, low: 1))))
        let wanted = CreateTopicsRequest.CreatableTopic(name: ".")
        let told = "Topic '.' collides with existing topic: _"
        #expect(Self.refusal(wanted, in: image) == Refusal(.invalidTopicException, told))
        let alone = "Topic name is invalid: '.' is not allowed"
        #expect(Self.refusal(wanted) == Refusal(.invalidTopicException, alone))
    }

    @Test("a partition that is assigned twice is named")
    func duplicateAssignment() {
        let wanted = CreateTopicsRequest.CreatableTopic(
            name: "clicks", numPartitions: -1, replicationFactor: -1,
            assignments: [0, 1, 1].map { .init(partitionIndex: $0, brokerIds: [1]) })
        let told = "Found multiple manual partition assignments for partition 1"
        #expect(Self.refusal(wanted) == Refusal(.invalidReplicaAssignment, told))
    }
}
