internal import VarveMetadata
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Tells about topics page by page (KIP-966): by name, those that are not there at the end.
    func describeTopicPartitions(
        _ request: DescribeTopicPartitionsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = DescribeTopicPartitionsResponse()
        let pages = TopicPages(request, in: image)
        guard let names = pages.names else {
            response.topics = request.topics.map { topic in
                var row = DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic()
                row.errorCode = .invalidRequest
                row.name = topic.name
                return row
            }
            return answer(response, to: context, on: loop)
        }
        var left = pages.limit
        for (place, name) in names.enumerated() {
            guard left > 0 else {
                response.nextCursor = .init(topicName: name, partitionIndex: 0)
                break
            }
            guard let topic = image[topic: name] else {
                response.topics.append(missing(name))
                continue
            }
            let first = place == 0 ? pages.firstPartition(of: name) : 0
            let end = min(topic.partitions.count, first + left)
            response.topics.append(describe(topic, first..<max(first, end)))
            left -= max(0, end - first)
            if end < topic.partitions.count {
                response.nextCursor = .init(topicName: name, partitionIndex: Int32(end))
                break
            }
        }
        answerAfterFlush(response, to: context)
    }

    private func missing(
        _ name: String
    ) -> DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic {
        var row = DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic()
        row.name = name
        row.errorCode =
            TopicName.complaint(about: name) == nil
            ? .unknownTopicOrPartition : .invalidTopicException
        row.topicAuthorizedOperations = AuthorizedOperations.topic
        return row
    }

    private func describe(
        _ topic: TopicImage, _ range: Range<Int>
    ) -> DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic {
        var row = DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic()
        row.name = topic.name
        row.topicId = topic.id
        row.isInternal = topic.isInternal
        row.topicAuthorizedOperations = AuthorizedOperations.topic
        row.partitions = range.map { index in
            let image = topic.partitions[index]
            let isHere = partitions.isHere(topic.name, Int32(index))
            var partition =
                DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition()
            partition.partitionIndex = Int32(index)
            partition.leaderId = isHere && !isStopping ? image.leader : -1
            partition.errorCode = partition.leaderId < 0 ? .leaderNotAvailable : .none
            partition.leaderEpoch = image.leaderEpoch
            partition.replicaNodes = image.replicas
            partition.isrNodes = image.inSyncReplicas
            partition.eligibleLeaderReplicas = []
            partition.lastKnownElr = []
            partition.offlineReplicas = isHere ? [] : image.replicas
            return partition
        }
        return row
    }
}

/// Which topics a DescribeTopicPartitions goes through, from its cursor on.
struct TopicPages {
    /// Those that are there by name, then those that are not; nil when the cursor stands on none
    /// of them.
    let names: [String]?
    /// How many partitions one answer may hold.
    let limit: Int
    private let cursor: DescribeTopicPartitionsRequest.Cursor?

    /// The most that any answer holds, whatever the client wants.
    static let limitMax = 2000

    init(_ request: DescribeTopicPartitionsRequest, in image: ClusterImage) {
        cursor = request.cursor
        limit = min(max(1, Int(request.responsePartitionLimit)), Self.limitMax)
        let wanted =
            request.topics.isEmpty
            ? Set(image.topics.keys) : Set(request.topics.map(\.name))
        let sorted =
            wanted.filter { image[topic: $0] != nil }.sorted()
            + wanted.filter { image[topic: $0] == nil }.sorted()
        guard let cursor = request.cursor else {
            names = sorted
            return
        }
        if cursor.partitionIndex >= 0, let start = sorted.firstIndex(of: cursor.topicName) {
            names = Array(sorted[start...])
        } else {
            names = nil
        }
    }

    func firstPartition(of name: String) -> Int {
        guard let cursor, cursor.topicName == name else { return 0 }
        return Int(cursor.partitionIndex)
    }
}
