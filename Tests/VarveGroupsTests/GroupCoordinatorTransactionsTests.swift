import Testing
import VarveTerms

@testable import VarveGroups

@Suite("GroupCoordinator, transactions")
struct GroupCoordinatorTransactionsTests {
    // MARK: Who may commit

    @Test("who may commit in a transaction: the table")
    func refusals() {
        var stage = Stage()
        let members = stage.makeStable("s", instances: [nil])
        let member = members.first ?? ""
        let generation = stage.coordinator.groups["s"]?.generation ?? -1
        _ = stage.commit("e")
        let rows: [(MemberClaim, GroupError?)] = [
            (MemberClaim(group: "", memberID: ""), .invalidGroupID),
            (MemberClaim(group: "new", memberID: ""), nil),
            (MemberClaim(group: "newer", memberID: "m", generation: 4), .illegalGeneration),
            (MemberClaim(group: "e", memberID: ""), nil),
            (MemberClaim(group: "e", memberID: "m", generation: 4), .unknownMemberID),
            (MemberClaim(group: "s", memberID: ""), nil),
            (MemberClaim(group: "s", memberID: member, generation: generation), nil),
            (MemberClaim(group: "s", memberID: member, generation: 9), .illegalGeneration),
            (MemberClaim(group: "s", memberID: "m", generation: generation), .unknownMemberID),
            (
                MemberClaim(
                    group: "s", memberID: member, instanceID: "?", generation: generation),
                .unknownMemberID
            ),
        ]
        for (claim, expected) in rows {
            #expect(stage.commit(claim, in: 7, offset: 5) == expected, "\(claim)")
        }
    }

    // MARK: When they count

    @Test("offsets count when their transaction is committed, and never when it is aborted")
    func outcome() {
        var stage = Stage()
        #expect(stage.commit("g", offset: 1) == nil)
        #expect(stage.commit(inTransactionOf: 7, offset: 5) == nil)
        #expect(stage.offset(of: "g") == 1)
        stage.coordinator.abortTransaction(of: 7)
        #expect(stage.offset(of: "g") == 1)
        #expect(stage.commit(inTransactionOf: 7, offset: 6) == nil)
        stage.coordinator.commitTransaction(of: 8)
        #expect(stage.offset(of: "g") == 1)
        stage.coordinator.commitTransaction(of: 7)
        #expect(stage.offset(of: "g") == 6)
        stage.coordinator.commitTransaction(of: 7)
        #expect(stage.offset(of: "g") == 6)
        #expect(stage.records.count == 1)
        #expect(stage.transactional.map(\.producerID) == [7, 7])
    }

    @Test("of two offsets the one that was written later counts, whichever ends first")
    func order() {
        // A plain commit after that of an open transaction wins.
        var stage = Stage()
        _ = stage.commit(inTransactionOf: 7, offset: 5)
        _ = stage.commit("g", offset: 9)
        stage.coordinator.commitTransaction(of: 7)
        #expect(stage.offset(of: "g") == 9)
        // Two transactions, and both orders of their ends.
        for ends: [Int64] in [[7, 8], [8, 7]] {
            var stage = Stage()
            _ = stage.commit(inTransactionOf: 7, offset: 5)
            _ = stage.commit(inTransactionOf: 8, offset: 6)
            for id in ends { stage.coordinator.commitTransaction(of: id) }
            #expect(stage.offset(of: "g") == 6)
        }
        // The later one is given up.
        stage = Stage()
        _ = stage.commit(inTransactionOf: 7, offset: 5)
        _ = stage.commit(inTransactionOf: 8, offset: 6)
        stage.coordinator.abortTransaction(of: 8)
        stage.coordinator.commitTransaction(of: 7)
        #expect(stage.offset(of: "g") == 5)
        // The earlier one is committed while the later is open.
        stage = Stage()
        _ = stage.commit(inTransactionOf: 7, offset: 5)
        _ = stage.commit(inTransactionOf: 8, offset: 6)
        stage.coordinator.commitTransaction(of: 7)
        #expect(stage.offset(of: "g") == 5)
        #expect(stage.stable("g").map(\.isUnstable) == [true])
        stage.coordinator.commitTransaction(of: 8)
        #expect(stage.offset(of: "g") == 6)
    }

    @Test("a partition is unstable as long as an open transaction may move its offset")
    func stability() {
        var stage = Stage()
        _ = stage.commit("g", offset: 1)
        #expect(stage.stable("g").map(\.isUnstable) == [false])
        _ = stage.commit(inTransactionOf: 7, offset: 5)
        #expect(stage.stable("g").map(\.isUnstable) == [true])
        #expect(stage.stable("g").map(\.stored) == [nil])
        stage.coordinator.abortTransaction(of: 7)
        #expect(stage.stable("g").map(\.isUnstable) == [false])
        #expect(stage.stable("g").map(\.stored?.offset) == [1])
    }

    // MARK: Deletion

    @Test("who deletes a group, or its topic, deletes what transactions hold of it")
    func deletion() {
        var stage = Stage()
        _ = stage.commit(inTransactionOf: 7, offset: 5)
        let token = stage.token()
        stage.perform { $0.deleteGroups(["g"], token: token, into: &$2) }
        #expect(stage.answers[token] == .deleteGroups([GroupDeletion(group: "g")]))
        let key = OffsetKey(group: "g", topic: "t", partition: 0)
        #expect(stage.records == [.offset(key, nil), .group("g", nil)])
        stage.coordinator.commitTransaction(of: 7)
        #expect(stage.coordinator.describe("g") == nil)

        stage = Stage()
        _ = stage.commit(inTransactionOf: 7, offset: 5)
        stage.perform { $0.deleteTopics(["t"], into: &$2) }
        #expect(stage.records == [.offset(key, nil)])
        stage.coordinator.commitTransaction(of: 7)
        #expect(stage.offset(of: "g") == nil)
    }

    @Test("what an open transaction holds does not expire, nor does its group")
    func expiration() {
        let month: Int64 = 30 * 86_400_000
        var stage = Stage()
        _ = stage.commit("g", offset: 1)
        _ = stage.commit(inTransactionOf: 7, offset: 5)
        stage.advance(milliseconds: month)
        #expect(stage.offset(of: "g") == 1)
        stage.coordinator.abortTransaction(of: 7)
        stage.advance(milliseconds: 600_000)
        #expect(stage.coordinator.describe("g") == nil)
    }

    // MARK: Replay

    @Test("what the partition says is what the coordinator knew")
    func replay() {
        var stage = Stage()
        _ = stage.commit("g", offset: 1)
        _ = stage.commit(inTransactionOf: 7, offset: 5)
        _ = stage.commit(inTransactionOf: 8, offset: 6)
        var again = Stage(replaying: stage.records)
        for (id, record) in stage.transactional {
            again.coordinator.apply(record, ofTransactionOf: id)
        }
        #expect(again.stable("g") == stage.stable("g"))
        stage.coordinator.commitTransaction(of: 7)
        again.coordinator.commitTransaction(of: 7)
        again.coordinator.abortTransaction(of: 8)
        #expect(again.offset(of: "g") == 5)
        // A tombstone inside of a transaction, which nobody writes, is one all the same.
        let key = OffsetKey(group: "g", topic: "t", partition: 0)
        again.coordinator.apply(.offset(key, nil), ofTransactionOf: 7)
        #expect(again.offset(of: "g") == nil)
    }
}

extension Stage {
    fileprivate mutating func commit(
        inTransactionOf id: Int64, offset: Int64
    ) -> GroupError? {
        commit(MemberClaim(group: "g", memberID: ""), in: id, offset: offset)
    }

    /// Commits one offset of partition 0 of topic "t" in a transaction.
    fileprivate mutating func commit(
        _ claim: MemberClaim, in id: Int64, offset: Int64
    ) -> GroupError? {
        let token = token()
        let request = CommitRequest(
            version: 5, claim: claim,
            topics: [
                TopicCommits(
                    topic: "t", partitions: [PartitionCommit(partition: 0, offset: offset)])
            ])
        perform {
            $0.commitOffsets(
                request, in: TransactionalProducer(id: id, epoch: 0), token: token, at: $1,
                into: &$2)
        }
        guard case .commit(let answer) = answers[token] else { return .invalidRequest }
        return answer.topics.first?.partitions.first?.error
    }

    fileprivate func stable(_ group: String) -> [PartitionOffset] {
        coordinator.fetchStableOffsets(OffsetQuery(group: group)).flatMap(\.partitions)
    }
}
