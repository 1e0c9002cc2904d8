internal import VarveMetadata
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Tells which properties are in force, and where their values come from.
    func describeConfigs(
        _ request: DescribeConfigsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = DescribeConfigsResponse()
        response.results = request.resources.map { resource in
            var result = DescribeConfigsResponse.DescribeConfigsResult()
            result.resourceType = resource.resourceType
            result.resourceName = resource.resourceName
            let listing = listing(of: resource)
            result.errorCode = listing.code
            result.errorMessage = listing.message
            let wanted = Set(resource.configurationKeys ?? [])
            result.configs = listing.configs.filter { wanted.isEmpty || wanted.contains($0.name) }
            if !request.includeSynonyms {
                for place in result.configs.indices { result.configs[place].synonyms = [] }
            }
            return result
        }
        answerAfterFlush(response, to: context)
    }

    private struct Listing {
        var code = ErrorCode.none
        var message = ""
        var configs: [DescribeConfigsResponse.DescribeConfigsResourceResult] = []

        static func refused(_ message: String, _ code: ErrorCode = .invalidRequest) -> Listing {
            Listing(code: code, message: message)
        }
    }

    private func listing(
        of resource: DescribeConfigsRequest.DescribeConfigsResource
    ) -> Listing {
        let name = resource.resourceName
        switch ConfigResource.Kind(rawValue: resource.resourceType) {
        case .topic: return topicListing(name)
        case .broker where name.isEmpty: return Listing(configs: allBrokersListing)
        case .broker:
            guard let node = Int32(name) else {
                return .refused("Broker id must be an integer, but it is: \(name)")
            }
            guard node == settings.nodeID else {
                return .refused(
                    "Unexpected broker id, expected \(settings.nodeID) or empty string, but "
                        + "received \(node)")
            }
            return Listing(configs: brokerListing)
        case .brokerLogger:
            guard !name.isEmpty else { return .refused("Broker id must not be empty") }
            guard name == "\(settings.nodeID)" else {
                return .refused(
                    "Unexpected broker id, expected \(settings.nodeID) but received \(name)")
            }
            return Listing()
        case .group:
            guard !name.isEmpty else { return .refused("Group name must not be empty") }
            let configs = GroupConfigs(group: name, broker: brokerConfigs)
            return Listing(
                configs: ConfigTable.groups.definitions.map {
                    row($0.name, $0, configs.candidates(for: $0), isReadOnly: false)
                })
        case .clientMetrics where name.isEmpty:
            return .refused("Client metrics subscription name must not be empty")
        case .clientMetrics, nil:
            return .refused(ErrorCode.malformed)
        }
    }

    private func topicListing(_ name: String) -> Listing {
        if let complaint = TopicName.complaint(about: name) {
            return .refused(complaint, .invalidTopicException)
        }
        guard image[topic: name] != nil else { return .refused("", .unknownTopicOrPartition) }
        let configs = configs(of: name)
        let rows = ConfigTable.topics.definitions.map { definition in
            let candidates = configs.candidates(for: definition).map {
                ConfigCandidate($0.name, $0.value, $0.2)
            }
            var row = row(definition.name, definition, candidates, isReadOnly: false)
            if candidates.isEmpty, let value = configs.value(of: definition.name) {
                row.value = value
                let isStandard = value == definition.defaultValue
                let source: TopicConfigs.Source = isStandard ? .standard : .started
                row.configSource = source.rawValue
            }
            return row
        }
        return Listing(configs: rows)
    }

    private var brokerListing: [DescribeConfigsResponse.DescribeConfigsResourceResult] {
        let configs = brokerConfigs
        return (ConfigTable.brokers.definitions + ConfigTable.varve.definitions)
            .filter { $0.access != .internal }
            .map {
                row(
                    $0.name, $0, configs.candidates(for: $0.name),
                    isReadOnly: $0.access == .fixed)
            }
    }

    /// Only what was set: the defaults are each broker's own.
    private var allBrokersListing: [DescribeConfigsResponse.DescribeConfigsResourceResult] {
        (image.configs[.allBrokers] ?? [:]).sorted { $0.key < $1.key }.map { name, value in
            let candidates = [ConfigCandidate(name, value, .allBrokers)]
            let definition = ConfigTable.definition(ofBroker: name)
            return row(name, definition, candidates, isReadOnly: false)
        }
    }

    private func row(
        _ name: String, _ definition: ConfigDefinition?, _ candidates: [ConfigCandidate],
        isReadOnly: Bool
    ) -> DescribeConfigsResponse.DescribeConfigsResourceResult {
        // What nobody knows may be a secret.
        let isSensitive = definition == nil || definition?.type == .password
        var row = DescribeConfigsResponse.DescribeConfigsResourceResult()
        row.name = name
        row.value = isSensitive ? nil : candidates.first?.value
        row.readOnly = isReadOnly
        row.configSource = (candidates.first?.source ?? .standard).rawValue
        row.isSensitive = isSensitive
        row.synonyms = candidates.map { candidate in
            DescribeConfigsResponse.DescribeConfigsSynonym(
                name: candidate.name, value: isSensitive ? nil : candidate.value,
                source: candidate.source.rawValue)
        }
        row.configType = definition?.type.wireCode ?? 0
        row.documentation = nil
        return row
    }
}

extension ErrorCode {
    /// What Kafka says of a request that makes no sense.
    static let malformed =
        "This most likely occurs because of a request being malformed by the client library or "
        + "the message was sent to an incompatible broker. See the broker logs for more details."
}
