internal import VarveController
internal import VarveLog
internal import VarveMetadata
internal import VarveTerms
internal import VarveTransactions
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Changes the levels of features. They are durable before the answer says so, and everything
    /// on this node goes by them from the next request on.
    func updateFeatures(
        _ request: UpdateFeaturesRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = UpdateFeaturesResponse()
        response.errorMessage = nil
        do {
            let updates = try FeatureUpdates(
                request, version: context.version, in: image, quorumLevel: quorumLevel,
                by: settings.nodeID)
            if !request.validateOnly, !updates.records.isEmpty {
                try metadata.append(updates.records, at: context.wallClock)
            }
            response.results = updates.names.map {
                .init(feature: $0, errorCode: .none, errorMessage: "\(ErrorCode.none)")
            }
        } catch let refusal as Refusal {
            response.errorCode = refusal.code
            response.errorMessage = refusal.message
        } catch {
            response.errorCode = .kafkaStorageError
            response.errorMessage = "\(error)"
        }
        answerAfterMetadata(response, to: context) { response, failure in
            response.errorCode = .kafkaStorageError
            response.errorMessage = "\(failure)"
            response.results = []
        }
    }

    // MARK: Levels

    /// The level of `kraft.version`.
    var quorumLevel: Int16 { metadata.state.quorum.version?.kRaftVersion ?? 0 }

    /// The rules by which transactions are kept.
    var transactionLevel: TransactionVersion {
        TransactionVersion(stored: image.level(of: .transactionVersion))
    }

    /// Whether there are consumer groups of KIP-848.
    var hasConsumerGroups: Bool { image.level(of: .groupVersion) > 0 }

    /// Whether there are share groups.
    var hasShareGroups: Bool { image.level(of: .shareVersion) > 0 }

    // MARK: ApiVersions

    /// What a client is told of features: which levels this node knows, and which are in force.
    func tellFeatures(in response: inout ApiVersionsResponse, version: Int16) {
        // Older clients take a feature that can be off for damage.
        response.supportedFeatures = Feature.allCases
            .filter { version >= 4 || $0.supported.lowerBound > 0 }
            .map {
                .init(
                    name: $0.rawValue, minVersion: $0.supported.lowerBound,
                    maxVersion: $0.supported.upperBound)
            }
        response.finalizedFeaturesEpoch = metadata.log.ends.written.rawValue - 1
        var levels = image.features
        if quorumLevel > 0 { levels[Feature.kraftVersion.rawValue] = quorumLevel }
        response.finalizedFeatures = levels.sorted { $0.key < $1.key }.map {
            .init(name: $0.key, maxVersionLevel: $0.value, minVersionLevel: $0.value)
        }
    }

    /// Answers with features that no crash takes back.
    func answerFeatures(
        _ response: ApiVersionsResponse, to context: RequestContext, on loop: EventLoop
    ) {
        let ends = metadata.log.ends
        guard ends.flushed < ends.written else {
            return answer(response, to: context, on: loop)
        }
        answerAfterMetadata(response, to: context) { response, _ in
            (response.finalizedFeaturesEpoch, response.finalizedFeatures) = (-1, [])
        }
    }
}
