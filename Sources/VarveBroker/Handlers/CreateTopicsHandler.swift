internal import VarveController
internal import VarveLog
internal import VarveMetadata
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Makes topics; each is there, and durable, before the answer says so.
    func createTopics(
        _ request: CreateTopicsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = CreateTopicsResponse()
        var counts: [String: Int] = [:]
        for topic in request.topics { counts[topic.name, default: 0] += 1 }
        var duplicates: Set<String> = []
        for topic in request.topics {
            guard counts[topic.name] == 1 else {
                if duplicates.insert(topic.name).inserted {
                    response.topics.append(
                        refused(topic.name, Refusal(.invalidRequest, "Duplicate topic name.")))
                }
                continue
            }
            guard request.timeoutMs > 0 else {
                response.topics.append(refused(topic.name, Refusal(.requestTimedOut, "")))
                continue
            }
            response.topics.append(
                create(topic, validateOnly: request.validateOnly, at: context.wallClock))
        }
        answerAfterMetadata(response, to: context) { response, failure in
            for place in response.topics.indices {
                response.topics[place].errorCode = .kafkaStorageError
                response.topics[place].errorMessage = "\(failure)"
            }
        }
    }

    private func refused(
        _ name: String, _ refusal: Refusal
    ) -> CreateTopicsResponse.CreatableTopicResult {
        var result = CreateTopicsResponse.CreatableTopicResult()
        result.name = name
        result.errorCode = refusal.code
        result.errorMessage = refusal.message.isEmpty ? nil : refusal.message
        return result
    }

    /// Makes one topic, with its logs.
    func create(
        _ wanted: CreateTopicsRequest.CreatableTopic, validateOnly: Bool, at now: Timestamp
    ) -> CreateTopicsResponse.CreatableTopicResult {
        let defaults = TopicCreation.Defaults(
            partitionCount: Int32(settings.configs.integer("num.partitions") ?? 1),
            replicationFactor: Int16(settings.configs.integer("default.replication.factor") ?? 1))
        do {
            let creation = try TopicCreation(
                wanted, id: surroundings.randomness.uniqueID(), defaults: defaults, in: image)
            if !validateOnly {
                try metadata.append(creation.records, at: now)
                unflushedTopics.insert(wanted.name)
                if let topic = image[topic: wanted.name] {
                    // Nothing of it gets old before somebody writes to it.
                    upkeep.restingDue[topic.id] = Timestamp(milliseconds: .max)
                    try makePartitions(topic.partitions.indices.map { Int32($0) }, of: topic)
                }
            }
            return described(creation)
        } catch let refusal as Refusal {
            return refused(wanted.name, refusal)
        } catch {
            if image[topic: wanted.name] != nil { noteLackOfPartitions(of: wanted.name, error) }
            return refused(wanted.name, Refusal(.kafkaStorageError, "\(error)"))
        }
    }

    private func described(
        _ creation: TopicCreation
    ) -> CreateTopicsResponse.CreatableTopicResult {
        var result = CreateTopicsResponse.CreatableTopicResult()
        result.name = creation.topic.name
        result.errorMessage = nil
        result.topicId = creation.topic.topicId
        result.numPartitions = Int32(creation.partitions.count)
        result.replicationFactor = Int16(creation.partitions[0].replicas.count)
        var given: [String: String] = [:]
        for config in creation.configs { given[config.name] = config.value }
        let configs = configs(of: creation.topic.name)
        result.configs = ConfigTable.topics.definitions.map { definition in
            var row = CreateTopicsResponse.CreatableTopicConfigs()
            row.name = definition.name
            let source: TopicConfigs.Source
            if let value = given[definition.name] {
                (row.value, source) = (value, .topic)
            } else {
                row.value = configs.value(of: definition.name)
                source = configs.candidates(for: definition).first?.2 ?? .standard
            }
            row.configSource = source.rawValue
            return row
        }
        return result
    }

    // MARK: Deleting

    func deleteTopics(
        _ request: DeleteTopicsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = DeleteTopicsResponse()
        let byState = request.topics.map { ($0.name, $0.topicId) }
        let byName = request.topicNames.map { (Optional($0), UniqueID.zero) }
        let deletions = TopicDeletion.all(
            context.version >= 6 ? byState : byName, isTooLate: request.timeoutMs <= 0, in: image)
        for deletion in deletions {
            response.responses.append(delete(deletion, at: context.wallClock))
        }
        answerAfterMetadata(response, to: context) { response, failure in
            for place in response.responses.indices {
                response.responses[place].errorCode = .kafkaStorageError
                response.responses[place].errorMessage = "\(failure)"
            }
        }
    }

    private func delete(
        _ deletion: TopicDeletion, at now: Timestamp
    ) -> DeleteTopicsResponse.DeletableTopicResult {
        var result = DeleteTopicsResponse.DeletableTopicResult()
        result.name = deletion.name
        result.topicId = deletion.id
        let topic: TopicImage
        switch deletion.outcome {
        case .success(let found): topic = found
        case .failure(let refusal):
            result.errorCode = refusal.code
            result.errorMessage = refusal.message.isEmpty ? nil : refusal.message
            return result
        }
        do {
            try metadata.append([.removeTopic(RemoveTopicRecord(topicId: topic.id))], at: now)
            forgetOffsets(of: topic.name, at: now)
            forgetShares(of: topic.name, topic.id, at: now)
            var doomed: [LogName] = []
            for removed in partitions.removeTopic(topic.name) {
                if let partition = removed.partition {
                    afterFlush.append { self.wakeFetches(of: partition, on: $0) }
                    noteSuccess(of: partition)
                }
                if let name = LogName(topic: topic.name, partition: removed.index) {
                    doomed.append(name)
                }
            }
            if !doomed.isEmpty { noteRemoval() }
            let failures = node.deleteLogs(doomed)
            let failure = doomed.lazy.compactMap { failures[$0] }.first
            if let failure { throw failure }
            result.name = topic.name
            result.topicId = topic.id
        } catch {
            result.errorCode = .kafkaStorageError
            result.errorMessage = "\(error)"
        }
        return result
    }
}
