internal import VarveLog
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Tells where what a leader's epoch wrote ends.
    func offsetForLeaderEpoch(
        _ request: OffsetForLeaderEpochRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = OffsetForLeaderEpochResponse()
        response.topics = request.topics.map { topic in
            .init(
                topic: topic.topic,
                partitions: topic.partitions.map { end(of: $0, in: topic.topic) })
        }
        answer(response, to: context, on: loop)
    }

    private func end(
        of wanted: OffsetForLeaderEpochRequest.OffsetForLeaderPartition, in topic: String
    ) -> OffsetForLeaderEpochResponse.EpochEndOffset {
        var row = OffsetForLeaderEpochResponse.EpochEndOffset()
        row.partition = wanted.partition
        guard let partition = partition(topic, wanted.partition) else {
            row.errorCode = absence(of: topic, wanted.partition)
            return row
        }
        if let code = partition.refusal(ofEpoch: wanted.currentLeaderEpoch) {
            row.errorCode = code
            return row
        }
        let end = partition.endOffset(ofEpoch: wanted.leaderEpoch)
        row.leaderEpoch = end.epoch
        row.endOffset = end.offset
        return row
    }
}

extension Partition {
    /// The end of an epoch for clients, who see no further than the high watermark; −1 and −1 when
    /// this partition cannot tell.
    func endOffset(ofEpoch epoch: Int32) -> (epoch: Int32, offset: Int64) {
        guard epoch != -1 else { return (-1, -1) }
        guard epoch >= 0 else {
            // No leader has such an epoch: it ends before the first that is known.
            guard let first = log.leaderEpochs.entries.first else { return (-1, -1) }
            return (epoch, first.startOffset.rawValue)
        }
        // The present epoch is the leader's from its first moment, before it wrote anything.
        if epoch == leaderEpoch { return (epoch, highWatermark.rawValue) }
        guard let end = log.endOffset(of: LeaderEpoch(epoch)) else { return (-1, -1) }
        return (end.epoch.rawValue, min(end.endOffset, highWatermark).rawValue)
    }
}
