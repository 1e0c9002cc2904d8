import Testing
import VarveClient
import VarveTerms
import VarveTransport
import VarveWire

@Suite("Client: transactions")
struct TransactionsTests {
    private let network = ScriptedNetwork()
    private let client: Client
    private let place = TopicPartition("t", 0)

    init() { client = Client([ScriptedNetwork.first], through: network) }

    /// Both brokers; `react` answers all but ApiVersions, Metadata and FindCoordinator: the first
    /// broker leads, the second one coordinates.
    private func serve(_ react: @escaping (Asked, _ broker: Int) throws -> Reaction) {
        // What a connection does is settled when it begins.
        client.close()
        for (number, endpoint) in [ScriptedNetwork.first, ScriptedNetwork.second].enumerated() {
            network.brokers[endpoint] = { asked in
                switch asked.api {
                case .apiVersions: .answer(ApiVersionsResponse.speaking())
                case .metadata: .answer(MetadataResponse.cluster(leader: 1))
                case .findCoordinator: .answer(FindCoordinatorResponse(nodeId: 2))
                default: try react(asked, number + 1)
                }
            }
        }
    }

    private func open(_ producer: Int64, at start: Int64) throws -> OpenTransaction {
        let row = DescribeProducersResponse.ProducerState(
            producerId: producer, producerEpoch: 3, coordinatorEpoch: -1,
            currentTxnStartOffset: start)
        serve { _, _ in
            .answer(
                DescribeProducersResponse(topics: [
                    .init(
                        name: "t", partitions: [.init(partitionIndex: 0, activeProducers: [row])])
                ]))
        }
        let found = try #require(try client.producers(of: [place])[place]?.first)
        return try #require(OpenTransaction(found, in: place))
    }

    @Test("an id that nobody uses, and a partition that is not led, are told in Kafka's words")
    func refused() throws {
        serve { _, _ in
            .answer(
                DescribeTransactionsResponse(transactionStates: [
                    .init(errorCode: .transactionalIdNotFound, transactionalId: "x")
                ]))
        }
        #expect(
            throws: ClientError.refused(
                .transactionalIdNotFound, subject: "transactional id x", message: nil)
        ) { try client.describe(transaction: "x") }
        serve { _, _ in .answer(DescribeTransactionsResponse()) }
        #expect(throws: ClientError.self) { try client.describe(transaction: "x") }
        serve { _, _ in .answer(DescribeProducersResponse()) }
        #expect(throws: ClientError.self) { try client.producers(of: [place]) }
    }

    @Test("a coordinator that loads is asked again, at the broker that has it")
    func loading() throws {
        var count = 0
        serve { asked, broker in
            #expect(asked.api == .describeTransactions && broker == 2)
            count += 1
            let code: ErrorCode = count == 1 ? .coordinatorLoadInProgress : ErrorCode.none
            return .answer(
                DescribeTransactionsResponse(transactionStates: [
                    .init(
                        errorCode: code, transactionalId: "x", transactionState: "Ongoing",
                        transactionTimeoutMs: 9, transactionStartTimeMs: -1, producerId: 7,
                        producerEpoch: 1,
                        topics: [.init(topic: "b", partitions: [2, 1]), .init(topic: "a")])
                ]))
        }
        let layout = try client.describe(transaction: "x")
        #expect(count == 2)
        #expect(layout.coordinator == 2 && layout.start == nil)
        #expect(layout.partitions == [TopicPartition("b", 1), TopicPartition("b", 2)])
    }

    @Test("every broker is asked for the ids that it coordinates")
    func listed() throws {
        serve { asked, broker in
            let request = try asked.decoded(ListTransactionsRequest.self)
            #expect(request.stateFilters == ["Ongoing"] && request.durationFilter == 1500)
            return .answer(
                ListTransactionsResponse(transactionStates: [
                    .init(transactionalId: "of \(3 - broker)", producerId: 1)
                ]))
        }
        var filter = TransactionFilter()
        filter.states = ["Ongoing"]
        filter.openFor = .milliseconds(1500)
        let found = try client.transactions(filter)
        #expect(found.map(\.id) == ["of 1", "of 2"])
        #expect(found.map(\.coordinator) == [2, 1])
    }

    @Test("a transaction hangs unless its coordinator has it open with the very partition")
    func hanging() throws {
        let transaction = try open(7, at: 40)
        #expect(transaction.start == Offset(40) && transaction.producer.coordinatorEpoch == nil)
        func known(
            _ producer: Int64, _ code: ErrorCode, _ topics: [(String, [Int32])]
        ) throws -> [OpenTransaction: TransactionLayout] {
            serve { asked, broker in
                guard asked.api == .describeTransactions else {
                    return .answer(
                        ListTransactionsResponse(
                            transactionStates: broker == 1 || producer < 0
                                ? [] : [.init(transactionalId: "x", producerId: producer)]))
                }
                return .answer(
                    DescribeTransactionsResponse(transactionStates: [
                        .init(
                            errorCode: code, transactionalId: "x", producerId: producer,
                            topics: topics.map { .init(topic: $0.0, partitions: $0.1) })
                    ]))
            }
            return try client.coordinated([transaction])
        }
        #expect(try known(7, .none, [("t", [1, 0])])[transaction]?.id == "x")
        // Nobody knows the producer; its transaction is complete; it is in another partition; the
        // id has another producer by now; the id expired meanwhile.
        #expect(try known(-1, .none, []).isEmpty)
        #expect(try known(7, .none, []).isEmpty)
        #expect(try known(7, .none, [("t", [1]), ("s", [0])]).isEmpty)
        #expect(try known(8, .none, [("t", [0])]).isEmpty)
        #expect(try known(7, .transactionalIdNotFound, [("t", [0])]).isEmpty)
    }

    @Test("a marker goes to the leader, with an epoch that fences no coordinator")
    func aborted() throws {
        let transaction = try open(7, at: 40)
        var codes: [ErrorCode] = [.notLeaderOrFollower, .none]
        serve { asked, broker in
            let marker = try asked.decoded(WriteTxnMarkersRequest.self).markers[0]
            #expect(broker == 1 && marker.producerId == 7 && marker.producerEpoch == 3)
            #expect(!marker.transactionResult && marker.coordinatorEpoch == 0)
            #expect(marker.topics.map(\.partitionIndexes) == [[0]])
            return .answer(
                WriteTxnMarkersResponse(markers: [
                    .init(
                        producerId: 7,
                        topics: [
                            .init(
                                name: "t",
                                partitions: [
                                    .init(partitionIndex: 0, errorCode: codes.removeFirst())
                                ])
                        ])
                ]))
        }
        try client.abort(transaction)
        codes = [.invalidProducerEpoch]
        #expect(throws: ClientError.refused(.invalidProducerEpoch, subject: "t-0", message: nil)) {
            try client.abort(transaction)
        }
    }
}
