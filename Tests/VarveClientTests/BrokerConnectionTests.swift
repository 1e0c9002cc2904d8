import Testing
import VarveClient
import VarveSim
import VarveTerms
import VarveTransport
import VarveWire

@Suite("BrokerConnection")
struct BrokerConnectionTests {
    private let network = ScriptedNetwork()
    private let client: Client

    init() { client = Client([ScriptedNetwork.first], through: network) }

    private func answering(
        _ versions: ApiVersionsResponse = .speaking(), _ react: @escaping (Asked) throws -> Reaction
    ) {
        network.brokers[ScriptedNetwork.first] = { asked in
            asked.api == .apiVersions ? .answer(versions) : try react(asked)
        }
    }

    @Test("what is no answer ends the connection, and says which request it was")
    func malformed() throws {
        let bad: [(Reaction, String)] = [
            (.bytes([0xFF, 0xFF, 0xFF, 0xFF]), "a frame of -1 bytes"),
            (.bytes([0, 0, 0, 3, 1, 2, 3]), "a frame of 3 bytes"),
            (.bytes([0x7F, 0xFF, 0xFF, 0xFF]), "a frame of 2147483647 bytes"),
            (.frame([0, 0, 0, 99]), "the answer to request 99"),
            (.frame([0, 0, 0, 2]), "ResponseHeader"),
            (.frame([0, 0, 0, 2, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]), "badCount"),
        ]
        for (reaction, reason) in bad {
            answering { _ in reaction }
            let error = #expect(throws: ClientError.self) { try client.topics() }
            guard case .malformed(ScriptedNetwork.first, .metadata, let told) = error else {
                Issue.record("\(reason): \(String(describing: error))")
                continue
            }
            #expect(told.contains(reason), "\(told)")
        }
        #expect(network.connectionCount == bad.count)
    }

    @Test("no byte of an answer traps, and none is waited for forever")
    func corrupted() throws {
        let size = try encoded(
            MetadataResponse.cluster(leader: 1),
            to: Asked(api: .metadata, version: 13, correlation: 2, body: [])
        ).count
        for place in 4..<size {
            for change: UInt8 in [0x01, 0x7F, 0x80, 0xFF] {
                answering { asked in
                    var frame = try encoded(MetadataResponse.cluster(leader: 1), to: asked)
                    frame[place] ^= change
                    return .frame(frame)
                }
                do throws(ClientError) {
                    _ = try client.refresh(topics: nil)
                } catch {
                    switch error {
                    case .malformed, .refused, .unreachable: break
                    default: Issue.record("\(place), \(change): \(error)")
                    }
                }
            }
        }
    }

    @Test("an end, or silence, loses the broker after as long as was to be waited")
    func lost() throws {
        answering { _ in .end }
        let ended = #expect(throws: ClientError.self) {
            try client.change([.unset("a")], of: ConfigPlace(.topic, "t"))
        }
        #expect(ended.map { "\($0)" }?.contains("the broker closed the connection") == true)
        answering { _ in .silence }
        let start = network.hands.now()
        let silent = #expect(throws: ClientError.self) { try client.refresh(topics: nil) }
        #expect(silent == .lost(ScriptedNetwork.first, .metadata, .timedOut))
        let waited = network.hands.now().duration(since: start)
        #expect(waited == client.settings.patience)
    }

    @Test("a broker that knows only old versions of ApiVersions says so, and is asked again")
    func oldVersions() throws {
        var versions: [Int16] = []
        network.brokers[ScriptedNetwork.first] = { asked in
            guard asked.api == .apiVersions else {
                return .answer(MetadataResponse.cluster(leader: 1))
            }
            versions.append(asked.version)
            var answer = ApiVersionsResponse.speaking(0...5)
            guard asked.version > 0 else { return .answer(answer) }
            answer.errorCode = .unsupportedVersion
            var old = asked
            old.version = 0
            return .frame(try encoded(answer, to: old))
        }
        #expect(try client.topics().topics.map(\.name) == ["t"])
        #expect(versions == [4, 0])
        #expect(network.log.map(\.asked.version) == [5])
        // Where it tells which one it knows, that one is asked.
        versions = []
        client.close()
        network.brokers[ScriptedNetwork.first] = { asked in
            guard asked.api == .apiVersions else {
                return .answer(MetadataResponse.cluster(leader: 1))
            }
            versions.append(asked.version)
            guard asked.version > 3 else { return .answer(ApiVersionsResponse.speaking(0...3)) }
            var answer = ApiVersionsResponse.speaking(0...3)
            answer.errorCode = .unsupportedVersion
            var old = asked
            old.version = 0
            return .frame(try encoded(answer, to: old))
        }
        #expect(throws: ClientError.self) { try client.topics() }
        #expect(versions == [4, 3])
    }

    @Test("a broker without a version in common is named with the request")
    func noVersion() throws {
        answering(.speaking(0...3)) { _ in .end }
        let error = #expect(throws: ClientError.self) { try client.topics() }
        #expect(error == .unsupported(ScriptedNetwork.first, .metadata))
        // A range upside down is none.
        var versions = ApiVersionsResponse.speaking()
        for place in versions.apiKeys.indices { versions.apiKeys[place].minVersion = 100 }
        client.close()
        answering(versions) { _ in .end }
        #expect(throws: ClientError.unsupported(ScriptedNetwork.first, .metadata)) {
            try client.topics()
        }
    }
}
