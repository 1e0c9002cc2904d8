internal import VarveTransport
internal import VarveWire

/// What this broker speaks.
enum ServedAPIs {
    /// The versions that are offered of each API, least first.
    static let versions: [APIKey: ClosedRange<Int16>] = [
        // Older clients test for version 0 before they compress, though nobody sends it.
        .produce: 0...13,
        .fetch: 4...18,
        .listOffsets: 1...11,
        .metadata: 0...13,
        .offsetCommit: 2...10,
        .offsetFetch: 1...10,
        .findCoordinator: 0...6,
        .joinGroup: 0...9,
        .heartbeat: 0...4,
        .leaveGroup: 0...5,
        .syncGroup: 0...5,
        .describeGroups: 0...6,
        .listGroups: 0...5,
        .apiVersions: 0...4,
        .createTopics: 2...7,
        .deleteTopics: 1...6,
        .deleteRecords: 0...2,
        .initProducerId: 0...5,
        .addPartitionsToTxn: 0...5,
        .addOffsetsToTxn: 0...4,
        .endTxn: 0...5,
        .writeTxnMarkers: 1...2,
        .txnOffsetCommit: 0...5,
        .offsetForLeaderEpoch: 2...4,
        .describeConfigs: 1...4,
        .alterConfigs: 0...2,
        .createPartitions: 0...3,
        .deleteGroups: 0...2,
        .incrementalAlterConfigs: 0...1,
        .offsetDelete: 0...0,
        .updateFeatures: 0...2,
        .describeCluster: 0...2,
        .describeProducers: 0...0,
        .describeTransactions: 0...0,
        .listTransactions: 0...2,
        .consumerGroupHeartbeat: 0...1,
        .consumerGroupDescribe: 0...1,
        .streamsGroupHeartbeat: 0...0,
        .streamsGroupDescribe: 0...0,
        .listConfigResources: 0...1,
        .describeTopicPartitions: 0...0,
        .shareGroupHeartbeat: 1...1,
        .shareGroupDescribe: 1...1,
        .shareFetch: 1...2,
        .shareAcknowledge: 1...2,
        .initializeShareGroupState: 0...0,
        .readShareGroupState: 0...0,
        .writeShareGroupState: 0...1,
        .deleteShareGroupState: 0...0,
        .readShareGroupStateSummary: 0...1,
        .describeShareGroupOffsets: 0...1,
        .alterShareGroupOffsets: 0...0,
        .deleteShareGroupOffsets: 0...0,
    ]

    /// The same as answers have it, in the order of the keys.
    static let rows: [ApiVersionsResponse.ApiVersion] =
        versions.sorted { $0.key.rawValue < $1.key.rawValue }
        .map { api, versions in
            .init(
                apiKey: api.rawValue, minVersion: versions.lowerBound,
                maxVersion: versions.upperBound)
        }

    /// Whether a request is read at all. ApiVersions has an answer for every version.
    static func take(_ api: APIKey, _ version: Int16) -> Bool {
        guard let versions = versions[api] else { return false }
        return api == .apiVersions || versions.contains(version)
    }
}

extension Broker {
    func apiVersions(
        _ reader: inout WireReader, _ context: RequestContext, on loop: EventLoop
    ) throws(WireError) {
        guard let served = ServedAPIs.versions[.apiVersions], served.contains(context.version)
        else {
            // A client from the future reads version 0 and tries again with what it names.
            var context = context
            context.version = 0
            var response = ApiVersionsResponse()
            response.errorCode = .unsupportedVersion
            response.apiKeys = [.init(apiKey: 18, minVersion: 0, maxVersion: 4)]
            return answer(response, to: context, on: loop)
        }
        let request = try ApiVersionsRequest(decoding: &reader, version: context.version)
        var response = ApiVersionsResponse()
        guard context.version < 3 || Self.isLawful(request) else {
            response.errorCode = .invalidRequest
            return answer(response, to: context, on: loop)
        }
        response.apiKeys = ServedAPIs.rows
        tellFeatures(in: &response, version: context.version)
        answerFeatures(response, to: context, on: loop)
    }

    private static func isLawful(_ request: ApiVersionsRequest) -> Bool {
        isLawful(request.clientSoftwareName) && isLawful(request.clientSoftwareVersion)
    }

    /// Letters and digits, with `.` and `-` between them (KIP-511).
    private static func isLawful(_ text: String) -> Bool {
        let isLetter = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isLetter(first) && isLetter(last)
            && text.utf8.allSatisfy {
                isLetter($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            }
    }
}
