internal import VarveLog
internal import VarveMetadata
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Moves the starts of logs up. On return of the engine's call each new start is durable.
    func deleteRecords(
        _ request: DeleteRecordsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = DeleteRecordsResponse()
        for topic in request.topics {
            var result = DeleteRecordsResponse.DeleteRecordsTopicResult()
            result.name = topic.name
            for (place, wanted) in topic.partitions.enumerated() {
                // Of a partition that is named more than once the last row counts.
                let later = topic.partitions[(place + 1)...]
                guard !later.contains(where: { $0.partitionIndex == wanted.partitionIndex })
                else { continue }
                result.partitions.append(delete(wanted, of: topic.name))
            }
            response.topics.append(result)
        }
        answer(response, to: context, on: loop)
    }

    private func delete(
        _ wanted: DeleteRecordsRequest.DeleteRecordsPartition, of topic: String
    ) -> DeleteRecordsResponse.DeleteRecordsPartitionResult {
        var row = DeleteRecordsResponse.DeleteRecordsPartitionResult()
        row.partitionIndex = wanted.partitionIndex
        row.lowWatermark = -1
        guard !TopicImage.internalNames.contains(topic) else {
            row.errorCode = .invalidTopicException
            return row
        }
        guard let partition = partition(topic, wanted.partitionIndex) else {
            row.errorCode = absence(of: topic, wanted.partitionIndex)
            return row
        }
        guard partition.log.settings.cleanupPolicy != .compact else {
            row.errorCode = .policyViolation
            return row
        }
        let end = partition.highWatermark
        // −1 stands for the high watermark.
        let offset = wanted.offset == -1 ? end.rawValue : wanted.offset
        guard offset >= 0, offset <= end.rawValue else {
            row.errorCode = .offsetOutOfRange
            return row
        }
        do throws(LogError) {
            try partition.log.deleteRecords(before: Offset(offset))
            row.lowWatermark = partition.reader.startOffset.rawValue
        } catch {
            row.errorCode = .kafkaStorageError
        }
        return row
    }
}
