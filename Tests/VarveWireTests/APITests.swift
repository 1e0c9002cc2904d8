import Testing
import VarveTerms

@testable import VarveWire

@Suite("APIKey")
struct APITests {
    @Test("every API has a request and a response of its key and versions")
    func pairs() {
        for key in APIKey.allCases {
            for types in [MessageTypes.requests, MessageTypes.responses] {
                let found = types.filter { $0.schema.key == key.rawValue }
                #expect(found.count == 1)
                #expect(found.first?.schema.versions == key.api.versions)
            }
            #expect(key.api.versions.contains(key.api.stableVersions.upperBound))
        }
        #expect(APIKey.allCases.count == MessageTypes.requests.count)
    }

    @Test("headers follow the body, but for the answer to ApiVersions")
    func headers() {
        #expect(APIKey.fetch.requestHeaderVersion(for: 11) == 1)
        #expect(APIKey.fetch.requestHeaderVersion(for: 12) == 2)
        #expect(APIKey.fetch.responseHeaderVersion(for: 11) == 0)
        #expect(APIKey.fetch.responseHeaderVersion(for: 12) == 1)
        #expect(APIKey.apiVersions.requestHeaderVersion(for: 99) == 2)
        #expect(APIKey.apiVersions.responseHeaderVersion(for: 4) == 0)
        // SaslHandshake never became flexible.
        #expect(APIKey.saslHandshake.requestHeaderVersion(for: 1) == 1)
    }

    @Test("an API says who serves it, and what of it is unfinished")
    func listeners() {
        #expect(APIKey.produce.api.listeners == .broker)
        #expect(APIKey.fetch.api.listeners == [.broker, .controller])
        #expect(APIKey.initProducerId.api.stableVersions == 0...5)
        #expect(APIKey.initProducerId.api.versions == 0...6)
        #expect(APIKey.createTopics.api.isForwardable)
        #expect(APIKey.vote.api.isClusterAction)
        #expect("\(APIKey.listOffsets)" == "ListOffsets")
    }
}

@Suite("ErrorCode")
struct ErrorCodeTests {
    @Test("codes have Kafka's names and say whether to try again")
    func known() {
        #expect(ErrorCode.notLeaderOrFollower.rawValue == 6)
        #expect(ErrorCode.notLeaderOrFollower.name == "NOT_LEADER_OR_FOLLOWER")
        #expect(ErrorCode.notLeaderOrFollower.isRetriable)
        #expect(!ErrorCode.offsetOutOfRange.isRetriable)
        #expect(ErrorCode.all.map(\.rawValue) == Array(-1...133))
    }

    @Test("a code outside the table is kept")
    func unknown() {
        let code = ErrorCode(rawValue: 999)
        #expect(code.name == "UNKNOWN_CODE_999")
        #expect(!code.isRetriable)
    }
}
