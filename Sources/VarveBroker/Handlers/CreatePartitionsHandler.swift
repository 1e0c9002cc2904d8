internal import VarveController
internal import VarveLog
internal import VarveMetadata
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Adds partitions to topics; each is there, and durable, before the answer says so.
    func createPartitions(
        _ request: CreatePartitionsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = CreatePartitionsResponse()
        var seen: Set<String> = []
        for topic in request.topics where seen.insert(topic.name).inserted {
            var result = CreatePartitionsResponse.CreatePartitionsTopicResult()
            result.name = topic.name
            do {
                guard request.topics.count(where: { $0.name == topic.name }) == 1 else {
                    throw Refusal(.invalidRequest, "Duplicate topic name.")
                }
                try add(topic, validateOnly: request.validateOnly, at: context.wallClock)
            } catch let refusal as Refusal {
                result.errorCode = refusal.code
                result.errorMessage = refusal.message.isEmpty ? nil : refusal.message
            } catch {
                result.errorCode = .kafkaStorageError
                result.errorMessage = "\(error)"
            }
            response.results.append(result)
        }
        answerAfterMetadata(response, to: context) { response, failure in
            for place in response.results.indices {
                response.results[place].errorCode = .kafkaStorageError
                response.results[place].errorMessage = "\(failure)"
            }
        }
    }

    private func add(
        _ wanted: CreatePartitionsRequest.CreatePartitionsTopic, validateOnly: Bool,
        at now: Timestamp
    ) throws {
        let addition = try PartitionAddition(wanted, in: image)
        guard !validateOnly else { return }
        try metadata.append(addition.records, at: now)
        unflushedTopics.insert(wanted.name)
        guard let topic = image[topic: wanted.name] else { return }
        try makePartitions(addition.partitions.map(\.partitionId), of: topic)
    }
}
