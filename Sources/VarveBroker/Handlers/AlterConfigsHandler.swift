internal import VarveController
internal import VarveLog
internal import VarveMetadata
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Changes single properties.
    func incrementalAlterConfigs(
        _ request: IncrementalAlterConfigsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        let changes = request.resources.map { resource in
            WishedConfigs(
                kind: resource.resourceType, name: resource.resourceName,
                wishes: resource.configs.map {
                    .init($0.name, .init(rawValue: $0.configOperation), $0.value)
                })
        }
        var response = IncrementalAlterConfigsResponse()
        response.responses = alter(
            changes, replacesAll: false, validateOnly: request.validateOnly, context
        ).map { outcome in
            .init(
                errorCode: outcome.refusal?.code ?? .none,
                errorMessage: outcome.refusal?.message, resourceType: outcome.kind,
                resourceName: outcome.name)
        }
        answerAfterMetadata(response, to: context) { response, failure in
            for place in response.responses.indices {
                response.responses[place].errorCode = .kafkaStorageError
                response.responses[place].errorMessage = "\(failure)"
            }
        }
    }

    /// Replaces all properties of resources.
    func alterConfigs(
        _ request: AlterConfigsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        let changes = request.resources.map { resource in
            WishedConfigs(
                kind: resource.resourceType, name: resource.resourceName,
                wishes: resource.configs.map { .init($0.name, .set, $0.value) })
        }
        var response = AlterConfigsResponse()
        response.responses = alter(
            changes, replacesAll: true, validateOnly: request.validateOnly, context
        ).map { outcome in
            .init(
                errorCode: outcome.refusal?.code ?? .none,
                errorMessage: outcome.refusal?.message, resourceType: outcome.kind,
                resourceName: outcome.name)
        }
        answerAfterMetadata(response, to: context) { response, failure in
            for place in response.responses.indices {
                response.responses[place].errorCode = .kafkaStorageError
                response.responses[place].errorMessage = "\(failure)"
            }
        }
    }

    private struct WishedConfigs {
        var kind: Int8
        var name: String
        var wishes: [ConfigAlteration.Wish]
    }

    private struct AlterOutcome {
        var kind: Int8
        var name: String
        var refusal: Refusal?
    }

    /// Decides on each resource by itself, writes what is decided, and lets it come into force.
    private func alter(
        _ changes: [WishedConfigs], replacesAll: Bool, validateOnly: Bool,
        _ context: RequestContext
    ) -> [AlterOutcome] {
        changes.map { change in
            var outcome = AlterOutcome(kind: change.kind, name: change.name)
            let count = changes.count { $0.kind == change.kind && $0.name == change.name }
            do {
                guard count == 1 else {
                    throw Refusal(.invalidRequest, "Each resource must appear at most once.")
                }
                let alteration = try ConfigAlteration(
                    of: change.kind, change.name, change.wishes, replacesAll: replacesAll,
                    on: configGrounds)
                if !validateOnly, !alteration.records.isEmpty {
                    try metadata.append(
                        alteration.records.map { .config($0) }, at: context.wallClock)
                    settleConfigs(kind: change.kind, name: change.name)
                }
            } catch let refusal as Refusal {
                outcome.refusal = refusal
            } catch {
                outcome.refusal = Refusal(.kafkaStorageError, "\(error)")
            }
            return outcome
        }
    }

    /// Logs go on with the properties that are in force now.
    private func settleConfigs(kind: Int8, name: String) {
        upkeep.isStale = true
        switch ConfigResource.Kind(rawValue: kind) {
        case .topic: settleLogs(of: name)
        case .broker: for topic in image.topicsByName { settleLogs(of: topic.name) }
        default: break
        }
    }

    private func settleLogs(of topic: String) {
        let new = logSettings(of: topic)
        let rules = configs(of: topic).rules
        for partition in partitions.partitions(of: topic) {
            partition.rules = rules
            // Every lawful value of a property is one of the engine's: the bounds are the same.
            try? partition.log.change(new)
        }
    }
}
