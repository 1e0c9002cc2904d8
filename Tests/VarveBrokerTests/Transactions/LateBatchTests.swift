import Testing
import VarveBytes
import VarveLog
import VarveMetadata
import VarveRecords
import VarveSim
import VarveTerms
import VarveTransactions
import VarveWire

@testable import VarveBroker

/// A batch that was under way when its transaction ended must not open the next one: nobody would
/// end it, or the wrong transaction would have it (KIP-890).
@Suite("Late batches of a transaction")
struct LateBatchTests {
    /// A producer in its first transaction, by the rules of one `transaction.version`.
    private struct Scene {
        let scene: BrokerScene
        let version: TransactionVersion
        let producer: ProducerIdentity

        private var usesV2: Bool { version == .v2 }

        static let id = "tx"

        init(_ version: TransactionVersion) throws {
            scene = try BrokerScene.now([
                "offsets.topic.num.partitions": "2", "transaction.state.log.num.partitions": "2",
            ])
            self.version = version
            try scene.makeTopic("t", partitions: 2)
            let answer = try scene.ask(
                InitProducerIdRequest(transactionalId: Self.id, transactionTimeoutMs: 10_000), 4,
                for: InitProducerIdResponse.self
            ).message
            producer = ProducerIdentity(id: answer.producerId, epoch: answer.producerEpoch)
            if !usesV2 { #expect(try add() == ErrorCode.none) }
            #expect(try produce(0) == ErrorCode.none)
        }

        private init(_ scene: BrokerScene, after before: Scene) {
            (self.scene, version, producer) = (scene, before.version, before.producer)
        }

        /// The next life, on a disk that has only what was flushed.
        func afterPowerCut() throws -> Scene {
            let rest = Scene(
                try BrokerScene(on: scene.disk.crash(keeping: .none), clock: scene.clock),
                after: self)
            // Markers whose completion was lost are written once more.
            _ = try rest.scene.versions()
            return rest
        }

        private func add() throws -> ErrorCode? {
            let request = AddPartitionsToTxnRequest(
                v3AndBelowTransactionalId: Self.id, v3AndBelowProducerId: producer.id,
                v3AndBelowProducerEpoch: producer.epoch,
                v3AndBelowTopics: [.init(name: "t", partitions: [0])])
            return try scene.ask(request, 3, for: AddPartitionsToTxnResponse.self)
                .message.resultsByTopicV3AndBelow.first?.resultsByPartition.first?
                .partitionErrorCode
        }

        /// A batch with the epoch that the producer began with.
        func produce(_ sequence: Int32, to partition: Int32 = 0) throws -> ErrorCode? {
            try produce(sequence, to: partition, version: usesV2 ? 12 : 11)
        }

        func produce(
            _ sequence: Int32, to partition: Int32 = 0, version: Int16
        ) throws -> ErrorCode? {
            var settings = BatchSettings()
            settings.kind = .transactional
            settings.producer = ProducerStamp(
                id: producer.id, epoch: producer.epoch, baseSequence: sequence)
            var builder = RecordBatchBuilder()
            builder.begin(settings)
            _ = try builder.append(
                key: nil, value: [7].rawSpan,
                timestamp: Timestamp(milliseconds: 1_795_253_491_000))
            var output = ByteBuffer()
            try builder.finish(with: Compressor(), into: &output)
            let batch = output.bytes.array()
            let request = ProduceRequest(
                transactionalId: Self.id, acks: -1, timeoutMs: 1000,
                topicData: [
                    .init(
                        name: "t",
                        partitionData: [
                            .init(
                                index: partition,
                                records: RecordsSlice(start: 0, count: batch.count))
                        ])
                ])
            return try scene.ask(request, version, records: batch, for: ProduceResponse.self)
                .message.responses.first?.partitionResponses.first?.errorCode
        }

        func end(_ outcome: TransactionOutcome) throws -> EndTxnResponse {
            let request = EndTxnRequest(
                transactionalId: Self.id, producerId: producer.id,
                producerEpoch: producer.epoch, committed: outcome == .commit)
            return try scene.ask(
                request, usesV2 ? 5 : 4, for: EndTxnResponse.self
            ).message
        }

        /// Where both partitions end.
        var ends: [Offset] {
            get throws {
                try (0...1).map {
                    try #require(scene.broker.partition("t", Int32($0))).log.ends.written
                }
            }
        }

        /// Checks that late batches are refused, that they leave nothing in the logs, and that
        /// readers of committed records wait for nothing.
        func checkLateBatches(
            _ code: ErrorCode, _ place: SourceLocation = #_sourceLocation
        ) throws {
            let before = try ends
            // The sequence goes on; a partition that had nothing of the transaction is no way out.
            #expect(try produce(1) == code, sourceLocation: place)
            #expect(try produce(0, to: 1) == code, sourceLocation: place)
            #expect(try ends == before, sourceLocation: place)
            for index: Int32 in 0...1 {
                let log = try #require(scene.broker.partitions["t", index]).log
                #expect(log.openTransactions.isEmpty, sourceLocation: place)
            }
        }
    }

    @Test(
        "an epoch that ended writes nowhere, whatever ended it",
        arguments: [TransactionOutcome.abort, .commit])
    func raisedEpoch(_ outcome: TransactionOutcome) throws {
        let scene = try Scene(.v2)
        let answer = try scene.end(outcome)
        #expect(answer.producerEpoch == scene.producer.epoch + 1)
        try scene.checkLateBatches(.invalidProducerEpoch)
        try scene.afterPowerCut().checkLateBatches(.invalidProducerEpoch)
    }

    @Test("a time-out ends the epoch, too", arguments: [TransactionVersion.v0, .v2])
    func timeOut(_ version: TransactionVersion) throws {
        let scene = try Scene(version)
        scene.scene.clock.advance(by: .seconds(11))
        _ = try scene.scene.versions()
        try scene.checkLateBatches(.invalidProducerEpoch)
    }

    @Test(
        "where the epoch stays, a batch is verified: its transaction is over",
        arguments: [TransactionOutcome.abort, .commit])
    func verified(_ outcome: TransactionOutcome) throws {
        let scene = try Scene(.v0)
        #expect(try scene.end(outcome).errorCode == .none)
        #expect(try scene.produce(1, version: 10) == .invalidTxnState)
        try scene.checkLateBatches(.transactionAbortable)
        try scene.afterPowerCut().checkLateBatches(.transactionAbortable)
    }

    @Test("at level 0 newer rules are refused, and the transaction ends by its time")
    func level0() throws {
        let scene = try Scene(.v2)
        #expect(try scene.scene.setLevel(of: .transactionVersion, to: 0).errorCode == .none)
        #expect(try scene.end(.commit).errorCode == .unsupportedVersion)
        #expect(try scene.produce(0, to: 1) == .unsupportedVersion)
        scene.scene.clock.advance(by: .seconds(11))
        _ = try scene.scene.versions()
        try scene.checkLateBatches(.invalidProducerEpoch)
    }
}
