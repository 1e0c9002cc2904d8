import Testing
import VarveTerms

@testable import VarveGroups

@Suite("GroupCoordinator, offsets")
struct GroupCoordinatorOffsetsTests {
    private static let day: Int64 = 86_400_000

    // MARK: Commits

    @Test("metadata is limited by UTF-16 units, row by row")
    func metadata() {
        var stage = Stage()
        let texts = [
            String(repeating: "x", count: 4096), String(repeating: "x", count: 4097),
            String(repeating: "日", count: 4096), String(repeating: "😀", count: 2048),
            String(repeating: "😀", count: 2049),
        ]
        let rows = texts.enumerated().map {
            PartitionCommit(partition: Int32($0), offset: 1, metadata: $1)
        }
        let claim = MemberClaim(group: "g", memberID: "")
        let errors = stage.commit(
            CommitRequest(
                version: 9, claim: claim, topics: [TopicCommits(topic: "t", partitions: rows)]))
        #expect(errors == [nil, .offsetMetadataTooLarge, nil, nil, .offsetMetadataTooLarge])
        #expect(stage.records.count == 3)
        #expect(stage.offset(of: "g", "t", 1) == nil)
        #expect(stage.offset(of: "g", "t", 3) == 1)
    }

    @Test("whoever names no member commits only where there are none")
    func standalone() {
        var stage = Stage()
        #expect(stage.commit("") == nil)
        #expect(stage.commit("", as: "m", generation: 1) == .unknownMemberID)
        #expect(stage.commit("g", as: "m") == nil)
        #expect(stage.commit("g", generation: 5) == .unknownMemberID)
        #expect(stage.commit("h", generation: 0) == .groupIDNotFound)
        #expect(stage.commit("h", generation: 0, version: 8) == .illegalGeneration)
        _ = stage.makeStable("s", instances: ["i"])
        #expect(stage.commit("s", instance: "i") == .fencedInstanceID)
        #expect(stage.commit("s") == .unknownMemberID)
        #expect(stage.coordinator.describe("h") == nil)
    }

    @Test("offsets are kept as they were sent, the last of two of one partition")
    func asSent() {
        var stage = Stage()
        for offset: Int64 in [-1, -100, .min, .max, 7] {
            #expect(stage.commit("g", offset: offset, metadata: nil) == nil)
            #expect(stage.offset(of: "g") == offset)
        }
        let twice = [5, 6].map { PartitionCommit(partition: -3, offset: $0, leaderEpoch: 2) }
        let id = UniqueID(high: 1, low: 2)
        let errors = stage.commit(
            CommitRequest(
                version: 10, claim: MemberClaim(group: "g", memberID: ""),
                topics: [TopicCommits(topic: "t", topicID: id, partitions: twice)]))
        #expect(errors == [nil, nil])
        let rows = stage.coordinator.fetchOffsets(OffsetQuery(group: "g"))
        #expect(rows.map(\.topic) == ["t"])
        #expect(rows[0].partitions.map(\.partition) == [-3, 0])
        #expect(rows[0].partitions[0].stored?.offset == 6)
        #expect(rows[0].partitions[0].stored?.leaderEpoch == 2)
        #expect(rows[0].partitions[0].stored?.topicID == id)
        #expect(rows[0].partitions[1].stored?.metadata == "")
    }

    @Test("a commit that no batch can hold goes into several, all before its answer")
    func manyBatches() throws {
        var settings = GroupSettings()
        settings.groupRecordSizeMax = ByteCount(1000)
        var stage = Stage(settings: settings)
        let rows = (0..<20).map { PartitionCommit(partition: $0, offset: 1, metadata: "x") }
        let request = CommitRequest(
            version: 9, claim: MemberClaim(group: "g", memberID: ""),
            topics: [TopicCommits(topic: "t", partitions: rows)])
        var effects: [GroupEffect] = []
        stage.coordinator.commitOffsets(
            request, token: RequestToken(1), at: stage.now, into: &effects)
        let sizes = effects.map { effect in
            if case .append(let records) = effect { records.count } else { 0 }
        }
        #expect(sizes == [7, 7, 6, 0])
    }

    @Test("a commit of nothing is answered with nothing, whoever sends it")
    func nothing() {
        var stage = Stage()
        let claim = MemberClaim(group: "g", memberID: "zz", generation: 3)
        #expect(stage.commit(CommitRequest(version: 9, claim: claim, topics: [])) == [])
        #expect(stage.records.isEmpty)
    }

    // MARK: Queries

    @Test("a query is answered row by row, and without offsets of an older topic")
    func query() {
        var stage = Stage()
        let (old, new) = (UniqueID(high: 1, low: 1), UniqueID(high: 1, low: 2))
        _ = stage.commit(
            CommitRequest(
                version: 10, claim: MemberClaim(group: "g", memberID: ""),
                topics: [
                    TopicCommits(
                        topic: "t", topicID: old,
                        partitions: [PartitionCommit(partition: 0, offset: 8)])
                ]))
        func stored(_ id: UniqueID) -> [StoredOffset?] {
            let topic = QueriedTopic(topic: "t", topicID: id, partitions: [1, 0])
            let rows = stage.coordinator.fetchOffsets(OffsetQuery(group: "g", topics: [topic]))
            return rows[0].partitions.map(\.stored)
        }
        #expect(stored(old).map { $0?.offset } == [nil, 8])
        #expect(stored(.zero).map { $0?.offset } == [nil, 8])
        #expect(stored(new) == [nil, nil])
        #expect(stage.coordinator.fetchOffsets(OffsetQuery(group: "g", topics: [])) == [])
        #expect(stage.coordinator.fetchOffsets(OffsetQuery(group: "none")) == [])
    }

    // MARK: Deleting

    @Test("offsets of a subscribed topic stay, those of others go")
    func deleteSubscribed() {
        var stage = Stage()
        let ids = stage.makeStable("g", topics: ["t"])
        #expect(stage.commit("g", as: ids[0], generation: 1) == nil)
        let topics = ["t", "u"].map { DeletedTopic(topic: $0, partitions: [0]) }
        let answer = stage.deleteOffsets(OffsetDeletion(group: "g", topics: topics))
        #expect(answer?.error == nil)
        #expect(
            answer?.topics.flatMap { $0.partitions.map(\.error) } == [
                .groupSubscribedToTopic, nil,
            ])
        #expect(stage.offset(of: "g") == 1)
        _ = stage.leave("g", [LeavingMember(memberID: ids[0])])
        let count = stage.records.count
        _ = stage.deleteOffsets(OffsetDeletion(group: "g", topics: topics))
        #expect(stage.offset(of: "g") == nil)
        #expect(stage.records.count == count + 1)
        let nameless = stage.deleteOffsets(OffsetDeletion(group: "", topics: topics))
        #expect(nameless?.error == .invalidGroupID)
    }

    @Test("what a group of another kind than consumers reads is not known, so nothing goes")
    func deleteConnect() {
        var stage = Stage()
        _ = stage.join("g", version: 3, type: "connect")
        let topics = [DeletedTopic(topic: "t", partitions: [0])]
        let answer = stage.deleteOffsets(OffsetDeletion(group: "g", topics: topics))
        #expect(answer?.error == .nonEmptyGroup)
    }

    @Test("metadata that is no subscription counts as a subscription to everything")
    func garbage() {
        var stage = Stage()
        let request = JoinRequest(
            version: 3, group: "g", protocolType: "consumer",
            protocols: [GroupProtocol(name: "range", metadata: [255, 255, 255, 255])],
            sessionTimeout: .seconds(10), rebalanceTimeout: .seconds(10))
        _ = stage.join(request)
        stage.advance(milliseconds: 3000)
        let topics = [DeletedTopic(topic: "t", partitions: [0])]
        let answer = stage.deleteOffsets(OffsetDeletion(group: "g", topics: topics))
        #expect(answer?.topics[0].partitions[0].error == .groupSubscribedToTopic)
    }

    @Test("offsets of deleted topics go from every group")
    func deleteTopics() {
        var stage = Stage()
        for group in ["a", "b"] { #expect(stage.commit(group) == nil) }
        stage.perform { $0.deleteTopics(["t", "u"], into: &$2) }
        #expect(stage.offset(of: "a") == nil)
        #expect(stage.offset(of: "b") == nil)
        #expect(
            stage.records.suffix(2) == [
                .offset(OffsetKey(group: "a", topic: "t", partition: 0), nil),
                .offset(OffsetKey(group: "b", topic: "t", partition: 0), nil),
            ])
    }

    // MARK: Retention

    @Test("without membership an offset expires its retention after the commit")
    func expiresAlone() {
        var stage = Stage()
        #expect(stage.commit("g") == nil)
        stage.advance(milliseconds: 7 * Self.day - 600_000)
        #expect(stage.offset(of: "g") == 1)
        stage.advance(milliseconds: 600_000)
        #expect(stage.offset(of: "g") == nil)
        #expect(stage.coordinator.describe("g") == nil)
        #expect(stage.records.last == .group("g", nil))
    }

    @Test("with members an offset expires its retention after the last of them has gone")
    func expiresEmpty() {
        var settings = GroupSettings()
        settings.offsetsRetention = .seconds(60)
        settings.offsetsRetentionCheckInterval = .seconds(1)
        var stage = Stage(settings: settings)
        let ids = stage.makeStable("g")
        #expect(stage.commit("g", as: ids[0], generation: 1) == nil)
        for _ in 0..<20 {
            stage.advance(milliseconds: 6000)
            _ = stage.heartbeat("g", as: ids[0], generation: 1)
        }
        #expect(stage.offset(of: "g") == 1)
        _ = stage.leave("g", [LeavingMember(memberID: ids[0])])
        stage.advance(milliseconds: 59_000)
        #expect(stage.offset(of: "g") == 1)
        stage.advance(milliseconds: 2000)
        #expect(stage.offset(of: "g") == nil)
        #expect(stage.state(of: "g") == .dead)
    }

    @Test("a stable group's offsets of topics that it left expire after the commit")
    func expiresUnsubscribed() {
        var settings = GroupSettings()
        settings.offsetsRetention = .seconds(5)
        settings.offsetsRetentionCheckInterval = .seconds(2)
        var stage = Stage(settings: settings)
        let ids = stage.makeStable("g", topics: ["other"])
        #expect(stage.commit("g", as: ids[0], generation: 1) == nil)
        stage.advance(milliseconds: 4000)
        #expect(stage.offset(of: "g") == 1)
        stage.advance(milliseconds: 3000)
        #expect(stage.offset(of: "g") == nil)
        #expect(stage.state(of: "g") == .stable)
    }

    @Test("an offset that was sent with a retention of its own keeps to it")
    func ownRetention() {
        var stage = Stage()
        #expect(stage.commit("g", version: 4, retention: .milliseconds(1_200_000)) == nil)
        #expect(stage.commit("h", version: 4, retention: .milliseconds(Int64.max)) == nil)
        stage.advance(milliseconds: 600_000)
        #expect(stage.offset(of: "g") == 1)
        stage.advance(milliseconds: 600_000)
        #expect(stage.offset(of: "g") == nil)
        stage.advance(milliseconds: 30 * Self.day)
        #expect(stage.offset(of: "h") == 1)
    }

    @Test("a group that nobody joined is forgotten, one whose member may still come is not")
    func forgotten() {
        var stage = Stage()
        #expect(stage.joinNow("g", session: 1_800_000)?.error == .memberIDRequired)
        #expect(stage.joinNow("h", session: 6000)?.error == .memberIDRequired)
        stage.advance(milliseconds: 600_000)
        #expect(stage.state(of: "g") == .empty)
        #expect(stage.state(of: "h") == .dead)
    }
}
