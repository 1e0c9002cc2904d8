import Testing
import VarveTerms

@testable import VarveGroups

@Suite("consumer groups: offsets, listing, deletion")
struct ConsumerGroupOffsetsTests {
    private func stage() -> Stage {
        var stage = Stage()
        stage.setTopics(["t": 2])
        stage.enter("g", as: "a")
        stage.advance(milliseconds: 1000)
        stage.setTopics(["t": 3])
        // In epoch 3 now; partitions 0 and 1 are its since epoch 2.
        stage.stay("g", as: "a", epoch: 2)
        return stage
    }

    private func commit(
        _ stage: inout Stage, as memberID: String, epoch: Int32, partition: Int32 = 0,
        version: Int16 = 9, instance: String? = nil
    ) -> GroupError? {
        let one = PartitionCommit(partition: partition, offset: 5)
        return stage.commit(
            CommitRequest(
                version: version,
                claim: MemberClaim(
                    group: "g", memberID: memberID, instanceID: instance, generation: epoch),
                topics: [TopicCommits(topic: "t", topicID: topicID("t"), partitions: [one])]))[0]
    }

    @Test("commits come from members in their epoch, or since they have the partition")
    func commits() {
        var stage = stage()
        #expect(commit(&stage, as: "", epoch: -1) == .unknownMemberID)
        #expect(commit(&stage, as: "b", epoch: 3) == .unknownMemberID)
        #expect(commit(&stage, as: "a", epoch: 4) == .staleMemberEpoch)
        #expect(commit(&stage, as: "a", epoch: 1) == .staleMemberEpoch)
        #expect(commit(&stage, as: "a", epoch: 2, partition: 2) == .staleMemberEpoch)
        #expect(commit(&stage, as: "a", epoch: 1, version: 8) == .unsupportedVersion)
        #expect(stage.offset(of: "g") == nil)
        #expect(commit(&stage, as: "a", epoch: 2, partition: 1) == nil)
        #expect(commit(&stage, as: "a", epoch: 3) == nil)
        #expect(stage.offset(of: "g") == 5)
    }

    @Test("an empty group takes commits of nobody in particular")
    func simple() {
        var stage = stage()
        _ = stage.beat(ConsumerHeartbeat(group: "g", memberID: "a", epoch: -1))
        #expect(commit(&stage, as: "", epoch: -1) == nil)
        #expect(commit(&stage, as: "a", epoch: 3) == .unknownMemberID)
    }

    @Test("members fetch with their epoch")
    func fetches() {
        let stage = stage()
        func refusal(_ memberID: String, _ epoch: Int32) -> GroupError? {
            stage.coordinator.refusal(
                ofFetchBy: MemberClaim(group: "g", memberID: memberID, generation: epoch))
        }
        #expect(refusal("b", 3) == .unknownMemberID)
        #expect(refusal("a", 2) == .staleMemberEpoch)
        #expect(refusal("a", 3) == nil)
        #expect(refusal("", -1) == nil)
    }

    @Test("offsets of subscribed topics are not deleted, nor groups with members")
    func deletions() {
        var stage = stage()
        _ = commit(&stage, as: "a", epoch: 3)
        let deletion = OffsetDeletion(
            group: "g", topics: [DeletedTopic(topic: "t", partitions: [0])])
        let refused = stage.deleteOffsets(deletion)?.topics[0].partitions[0].error
        #expect(refused == .groupSubscribedToTopic)
        #expect(stage.delete(["g"]).map(\.error) == [.nonEmptyGroup])
        _ = stage.beat(ConsumerHeartbeat(group: "g", memberID: "a", epoch: -1))
        #expect(stage.delete(["g"]).map(\.error) == [nil])
        #expect(stage.coordinator.kind(of: "g") == nil)
        let copy = Stage(replaying: stage.records).coordinator
        #expect(copy.kind(of: "g") == nil)
        #expect(copy.offsets.isEmpty)
    }

    @Test("lists tell type and state, and filter by both")
    func lists() {
        var stage = stage()
        _ = stage.commit("simple")
        let all = stage.coordinator.list()
        #expect(all.map(\.group) == ["g", "simple"])
        #expect(all.map(\.kind) == [.consumer, .classic])
        #expect(all.map(\.state) == ["Stable", "Empty"])
        #expect(all.map(\.protocolType) == ["consumer", ""])
        #expect(stage.coordinator.list(types: ["Consumer"]).map(\.group) == ["g"])
        #expect(stage.coordinator.list(states: ["stable"]).map(\.group) == ["g"])
        #expect(stage.coordinator.list(types: ["share"]) == [])
        #expect(stage.coordinator.describe("g") == nil)
    }

    @Test("offsets without members make way for members, and stay")
    func overOffsets() {
        var stage = Stage()
        stage.setTopics(["t": 1])
        #expect(stage.commit("g", offset: 7) == nil)
        #expect(stage.enter("g", as: "a").epoch == 2)
        #expect(stage.offset(of: "g") == 7)
        let copy = Stage(replaying: stage.records)
        #expect(copy.coordinator.kind(of: "g") == .consumer)
        #expect(copy.offset(of: "g") == 7)
    }

    @Test("an empty consumer group makes way for classic members")
    func backToClassic() {
        var stage = Stage()
        stage.setTopics(["t": 1])
        stage.enter("g", as: "a")
        _ = stage.commit("g", offset: 7)
        _ = stage.beat(ConsumerHeartbeat(group: "g", memberID: "a", epoch: -1))
        #expect(stage.commit("g", offset: 7) == nil)
        _ = stage.join("g", version: 3)
        #expect(stage.coordinator.kind(of: "g") == .classic)
        let copy = Stage(replaying: stage.records)
        #expect(copy.coordinator.kind(of: "g") == .classic)
        #expect(copy.offset(of: "g") == 7)
    }

    @Test("offsets of topics that nobody wants expire, and with the last the empty group")
    func retention() {
        var settings = GroupSettings()
        settings.offsetsRetention = .seconds(60)
        settings.offsetsRetentionCheckInterval = .seconds(10)
        var stage = Stage(settings: settings)
        stage.setTopics(["t": 1])
        stage.enter("g", as: "a")
        let one = PartitionCommit(partition: 0, offset: 5)
        let commit = CommitRequest(
            version: 9, claim: MemberClaim(group: "g", memberID: "a", generation: 2),
            topics: [
                TopicCommits(topic: "t", partitions: [one]),
                TopicCommits(topic: "u", partitions: [one]),
            ])
        #expect(stage.commit(commit) == [nil, nil])
        for _ in 0..<7 {
            stage.advance(milliseconds: 10_000)
            #expect(stage.stay("g", as: "a", epoch: 2).error == nil)
        }
        #expect(stage.offset(of: "g", "u") == nil)
        #expect(stage.offset(of: "g") == 5)
        _ = stage.beat(ConsumerHeartbeat(group: "g", memberID: "a", epoch: -1))
        stage.advance(milliseconds: 20_000)
        #expect(stage.coordinator.kind(of: "g") == nil)
    }
}
