import Testing
import VarveClient
import VarveSim
import VarveSystem
import VarveTerms
import VarveTransport
import VarveWire

@Suite("Client")
struct ClientTests {
    private let network = ScriptedNetwork()
    private let client: Client
    private let partition = TopicPartition("t", 0)

    init() {
        client = Client([ScriptedNetwork.first, ScriptedNetwork.second], through: network)
    }

    private func serve(
        _ endpoint: Endpoint, _ react: @escaping (Asked) throws -> Reaction
    ) {
        network.brokers[endpoint] = { asked in
            asked.api == .apiVersions ? .answer(ApiVersionsResponse.speaking()) : try react(asked)
        }
    }

    private func offsets(_ code: ErrorCode, _ offset: Int64 = -1) -> Reaction {
        .answer(
            ListOffsetsResponse(topics: [
                .init(
                    name: "t",
                    partitions: [.init(partitionIndex: 0, errorCode: code, offset: offset)])
            ]))
    }

    @Test("where nobody listens, all places are named at once, and what may be missing")
    func unreachable() {
        let error = #expect(throws: ClientError.self) { try client.topics() }
        let refused = SocketFailure.system(SystemError(code: 111))
        #expect(
            error == .unreachable([ScriptedNetwork.first, ScriptedNetwork.second], refused))
        #expect(
            error.map { "\($0)" }
                == "cannot reach one:9092, two:9092: connection refused; is 'varve serve' running?")
        #expect(network.hands.now() == Instant(nanoseconds: 0))
    }

    @Test("of several places the next one is asked where the first one is away")
    func nextPlace() throws {
        serve(ScriptedNetwork.second) { _ in .answer(MetadataResponse.cluster(leader: 2)) }
        #expect(try client.topics().topics.map(\.name) == ["t"])
    }

    @Test("a partition without a leader is waited for, and named when the patience runs out")
    func leaderless() {
        serve(ScriptedNetwork.first) { _ in .answer(MetadataResponse.cluster(leader: -1)) }
        let error = #expect(throws: ClientError.self) {
            try client.offsets(of: [partition], .end)
        }
        #expect(error == .leaderless(subject: "offsets", .leaderNotAvailable))
        let waited = network.hands.now().duration(since: Instant(nanoseconds: 0))
        #expect(waited <= client.settings.patience)
        #expect(waited > client.settings.patience - client.settings.retryPauseMax)
    }

    @Test("who does not lead any more sends the question to whoever does")
    func movedLeader() throws {
        var leader: Int32 = 1
        serve(ScriptedNetwork.first) { asked in
            guard asked.api == .listOffsets else {
                return .answer(MetadataResponse.cluster(leader: leader))
            }
            leader = 2
            return offsets(.notLeaderOrFollower)
        }
        serve(ScriptedNetwork.second) { asked in
            asked.api == .metadata
                ? .answer(MetadataResponse.cluster(leader: leader)) : offsets(.none, 7)
        }
        #expect(try client.offsets(of: [partition], .end) == [partition: Offset(7)])
        #expect(network.count(of: .listOffsets) == 2)
    }

    @Test("a leader that cannot be reached is waited for as long as others can be")
    func absentLeader() throws {
        serve(ScriptedNetwork.first) { _ in .answer(MetadataResponse.cluster(leader: 2)) }
        let error = #expect(throws: ClientError.self) {
            try client.offsets(of: [partition], .start)
        }
        let refused = SocketFailure.system(SystemError(code: 111))
        #expect(error == .absent(2, ScriptedNetwork.second, refused))
        #expect(network.count(of: .metadata) > 10)
    }

    @Test("a change goes to the controller, and is not made twice when its answer is lost")
    func changes() throws {
        serve(ScriptedNetwork.first) { _ in .answer(MetadataResponse.cluster(leader: 1)) }
        serve(ScriptedNetwork.second) { _ in .end }
        let error = #expect(throws: ClientError.self) { try client.create(NewTopic("n")) }
        #expect(error == .lost(ScriptedNetwork.second, .createTopics, .ended))
        #expect(network.count(of: .createTopics) == 1)
    }

    @Test("a controller that moved is asked for again")
    func movedController() throws {
        var count = 0
        serve(ScriptedNetwork.first) { _ in .answer(MetadataResponse.cluster(leader: 1)) }
        serve(ScriptedNetwork.second) { asked in
            guard asked.api == .deleteTopics else {
                return .answer(MetadataResponse.cluster(leader: 1))
            }
            count += 1
            let request = try asked.decoded(DeleteTopicsRequest.self)
            return .answer(
                DeleteTopicsResponse(responses: [
                    .init(
                        name: request.topicNames[0],
                        errorCode: count == 1 ? .notController : ErrorCode.none)
                ]))
        }
        try client.deleteTopic("n")
        #expect(count == 2)
    }

    @Test("what the cluster refuses is told in its words")
    func refused() {
        serve(ScriptedNetwork.first) { _ in .answer(MetadataResponse.cluster(leader: 1)) }
        serve(ScriptedNetwork.second) { _ in
            .answer(
                CreateTopicsResponse(topics: [
                    .init(name: "n", errorCode: .invalidConfig, errorMessage: "no such thing")
                ]))
        }
        let error = #expect(throws: ClientError.self) { try client.create(NewTopic("n")) }
        #expect(error.map { "\($0)" } == "topic n: no such thing (INVALID_CONFIG)")
    }

    @Test("whoever asks for the end gets it at the next wait")
    func stopped() {
        serve(ScriptedNetwork.first) { _ in
            network.isStopping = true
            return .silence
        }
        #expect(throws: ClientError.stopped) { try client.topics() }
    }
}
