internal import VarveMetadata
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Tells which topics there are, and who leads their partitions.
    func metadata(_ request: MetadataRequest, _ context: RequestContext, on loop: EventLoop) {
        var response = MetadataResponse()
        guard context.version >= 12 || Self.isByName(request) else {
            // Ids came in version 10, and may be asked for from version 12 on.
            response.topics = (request.topics ?? []).map {
                .init(errorCode: .invalidRequest, name: $0.name ?? "", topicId: $0.topicId)
            }
            return answer(response, to: context, on: loop)
        }
        response.brokers = [
            .init(
                nodeId: settings.nodeID, host: endpoints[context.listener].host,
                port: Int32(endpoints[context.listener].port), rack: settings.rack)
        ]
        response.clusterId = clusterID
        response.controllerId = settings.nodeID
        if request.includeClusterAuthorizedOperations {
            response.clusterAuthorizedOperations = AuthorizedOperations.cluster
        }
        let wanted = self.wanted(by: request, context)
        for topic in wanted {
            switch topic {
            case .name(let name) where image[topic: name] == nil:
                let mayCreate = request.allowAutoTopicCreation || context.version < 4
                var answer = describe(missing: name, mayCreate: mayCreate, context)
                if request.includeTopicAuthorizedOperations {
                    answer.topicAuthorizedOperations = AuthorizedOperations.topic
                }
                response.topics.append(answer)
            case .name(let name):
                response.topics.append(describe(opened(image[topic: name]!), request))
            case .id(let id):
                if let found = image[topic: id] {
                    response.topics.append(describe(opened(found), request))
                } else {
                    var answer = MetadataResponse.MetadataResponseTopic()
                    answer.errorCode = .unknownTopicId
                    answer.topicId = id
                    answer.name = context.version >= 12 ? nil : ""
                    response.topics.append(answer)
                }
            }
        }
        // Nobody is told of a topic that a crash could take back.
        let unflushed = response.topics.indices.filter {
            response.topics[$0].errorCode == .none
                && unflushedTopics.contains(response.topics[$0].name ?? "")
        }
        guard !unflushed.isEmpty else { return answer(response, to: context, on: loop) }
        answerAfterMetadata(response, to: context) { response, _ in
            for place in unflushed {
                response.topics[place].errorCode = .leaderNotAvailable
                response.topics[place].partitions = []
            }
        }
    }

    /// The topic, with its logs. A disk that failed or was full when it was made left some closed:
    /// whoever asks again finds them as soon as they can be opened.
    private func opened(_ topic: TopicImage) -> TopicImage {
        for index in topic.partitions.indices where !partitions.isHere(topic.name, Int32(index)) {
            guard (try? openPartition(Int32(index), of: topic)) != nil else { break }
        }
        return topic
    }

    private enum Wanted: Hashable {
        case name(String)
        case id(UniqueID)
    }

    private func wanted(by request: MetadataRequest, _ context: RequestContext) -> [Wanted] {
        guard let topics = request.topics, !(context.version == 0 && topics.isEmpty) else {
            return image.topics.keys.sorted().map { .name($0) }
        }
        // Where there are ids, names do not count.
        let ids = topics.map(\.topicId).filter { $0 != .zero }
        var seen: Set<Wanted> = []
        let all = ids.isEmpty ? topics.map { .name($0.name ?? "") } : ids.map { Wanted.id($0) }
        return all.filter { seen.insert($0).inserted }
    }

    private static func isByName(_ request: MetadataRequest) -> Bool {
        (request.topics ?? []).allSatisfy { $0.topicId == .zero && $0.name != nil }
    }

    private func describe(
        _ topic: TopicImage, _ request: MetadataRequest
    ) -> MetadataResponse.MetadataResponseTopic {
        var answer = MetadataResponse.MetadataResponseTopic()
        answer.name = topic.name
        answer.topicId = topic.id
        answer.isInternal = topic.isInternal
        if request.includeTopicAuthorizedOperations {
            answer.topicAuthorizedOperations = AuthorizedOperations.topic
        }
        answer.partitions = topic.partitions.enumerated().map { index, partition in
            var row = MetadataResponse.MetadataResponsePartition()
            row.partitionIndex = Int32(index)
            row.replicaNodes = partition.replicas
            row.isrNodes = partition.inSyncReplicas
            row.leaderEpoch = partition.leaderEpoch
            let isHere = partitions.isHere(topic.name, Int32(index))
            row.leaderId = isHere && !isStopping ? partition.leader : -1
            row.errorCode = row.leaderId < 0 ? .leaderNotAvailable : .none
            row.offlineReplicas = isHere ? [] : partition.replicas
            return row
        }
        return answer
    }

    /// What is said of a topic that is not there, or that is made for whoever asked.
    private func describe(
        missing name: String, mayCreate: Bool, _ context: RequestContext
    ) -> MetadataResponse.MetadataResponseTopic {
        var answer = MetadataResponse.MetadataResponseTopic()
        answer.name = name
        answer.isInternal = TopicImage.internalNames.contains(name)
        answer.errorCode = .unknownTopicOrPartition
        guard TopicName.complaint(about: name) == nil else {
            answer.errorCode = .invalidTopicException
            return answer
        }
        guard mayCreate, settings.configs.boolean("auto.create.topics.enable") ?? true else {
            return answer
        }
        var wanted = CreateTopicsRequest.CreatableTopic()
        wanted.name = name
        wanted.numPartitions = -1
        wanted.replicationFactor = -1
        let outcome = create(wanted, validateOnly: false, at: context.wallClock)
        guard outcome.errorCode == .none, let topic = image[topic: name] else {
            // Names that cannot be made are as unknown as before.
            let isOfName: Set<ErrorCode> = [.invalidTopicException, .invalidRequest]
            if !isOfName.contains(outcome.errorCode) { answer.errorCode = outcome.errorCode }
            return answer
        }
        return describe(topic, MetadataRequest())
    }
}

/// What everybody may do while there is no authorizer, as bits by the numbers of operations.
enum AuthorizedOperations {
    /// Read, write, create, delete, alter, describe, describe configs, alter configs.
    static let topic: Int32 = 3576
    static let cluster: Int32 = 8096
    /// Read, delete, describe, describe configs, alter configs.
    static let group: Int32 = 3400
}

extension Broker {
    func describeCluster(
        _ request: DescribeClusterRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = DescribeClusterResponse()
        response.endpointType = 1
        guard request.endpointType == 1 else {
            let isKnown = request.endpointType == 2
            response.errorCode = isKnown ? .mismatchedEndpointType : .unsupportedEndpointType
            response.errorMessage =
                isKnown
                ? "The request was sent to an endpoint of type BROKER, but we wanted an endpoint "
                    + "of type CONTROLLER" : "Unsupported endpoint type \(request.endpointType)"
            return answer(response, to: context, on: loop)
        }
        response.clusterId = clusterID
        response.controllerId = settings.nodeID
        response.brokers = [
            .init(
                brokerId: settings.nodeID, host: endpoints[context.listener].host,
                port: Int32(endpoints[context.listener].port), rack: settings.rack)
        ]
        if request.includeClusterAuthorizedOperations {
            response.clusterAuthorizedOperations = AuthorizedOperations.cluster
        }
        answer(response, to: context, on: loop)
    }
}
