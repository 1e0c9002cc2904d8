import Testing
import VarveWire

@testable import VarveBroker

@Suite("TxnOffsetCommit")
struct TxnOffsetCommitTests {
    @Test("a share group takes no offsets, and a group without a name none either")
    func wrongGroups() throws {
        let shares = try ShareScene(["transaction.state.log.num.partitions": "2"])
        try shares.join("a")
        let producer = try shares.scene.ask(
            InitProducerIdRequest(transactionalId: "tx", transactionTimeoutMs: 10_000), 4,
            for: InitProducerIdResponse.self
        ).message
        for (group, code) in [
            ("g", ErrorCode.groupIdNotFound), ("", .invalidGroupId), ("other", .none),
        ] {
            let request = TxnOffsetCommitRequest(
                transactionalId: "tx", groupId: group, producerId: producer.producerId,
                producerEpoch: producer.producerEpoch,
                topics: [
                    .init(name: "t", partitions: [.init(partitionIndex: 0, committedOffset: 5)])
                ])
            let answer = try shares.scene.ask(request, 5, for: TxnOffsetCommitResponse.self)
            let row = try #require(answer.message.topics.first?.partitions.first)
            #expect(row.errorCode == code, "group '\(group)'")
        }
    }
}
