internal import VarveLog
internal import VarveTerms
internal import VarveWire

extension Broker {
    /// Reads what a fetch asks for, as much as it allows.
    func gather(_ fetch: PendingFetch) -> FetchAnswer {
        var answer = FetchAnswer(capacity: fetch.plan.fetches.count)
        for wanted in fetch.plan.fetches { answer.add(read(wanted, fetch, &answer)) }
        return answer
    }

    private func read(
        _ wanted: PartitionFetch, _ fetch: PendingFetch, _ answer: inout FetchAnswer
    ) -> FetchResult {
        guard let partition = partition(wanted) else {
            return FetchResult(wanted, refusedFor: .unknownTopicOrPartition)
        }
        guard !fetch.plan.usesIDs || partition.topicID == wanted.key.topicID else {
            // The topic was deleted, and another one has its name.
            return FetchResult(wanted, refusedFor: .inconsistentTopicId)
        }
        if let code = partition.refusal(ofEpoch: wanted.currentLeaderEpoch) {
            return FetchResult(wanted, refusedFor: code)
        }
        guard !fetch.isFromReplica else {
            // It says that it has the partition, and nobody but this node does.
            return FetchResult(wanted, refusedFor: .notLeaderOrFollower)
        }
        guard wanted.lastFetchedEpoch <= partition.leaderEpoch else {
            return FetchResult(wanted, refusedFor: .offsetOutOfRange)
        }
        var result = FetchResult(wanted)
        if let diverging = partition.divergence(wanted) {
            result.tellEnds(of: partition)
            result.data.divergingEpoch = diverging
            return result
        }
        do throws(LogError) {
            guard let offset = Offset(exactly: wanted.offset),
                try partition.read(wanted, from: offset, fetch, into: &result, &answer)
            else { return FetchResult(wanted, refusedFor: .offsetOutOfRange) }
            return result
        } catch {
            return FetchResult(wanted, refusedFor: ProduceRefusal(error).fetchCode)
        }
    }
}

extension Partition {
    /// - Returns: whether the offset is one that this log has or ends with.
    fileprivate func read(
        _ wanted: PartitionFetch, from offset: Offset, _ fetch: PendingFetch,
        into result: inout FetchResult, _ answer: inout FetchAnswer
    ) throws(LogError) -> Bool {
        let end = highWatermark
        guard offset >= reader.startOffset, offset <= end else { return false }
        let size = min(Int(wanted.sizeMax), fetch.room(beside: answer.size))
        guard size >= 0 || offset == end else {
            result = FetchResult(wanted, refusedFor: .unknownServerError)
            return true
        }
        result.tellEnds(of: self)
        if fetch.isolation == .committed { result.data.abortedTransactions = [] }
        // The first batch comes whole, whatever the limits: but only into an empty answer.
        guard size > 0 || answer.size == 0 else { return true }
        let outcome = try reader.read(
            from: offset, sizeMax: ByteCount(max(1, size)), isolation: fetch.isolation)
        switch outcome {
        case .batches(let batches):
            guard answer.size == 0 || batches.size.bytes <= size else { return true }
            result.data.records = answer.add(batches)
            if fetch.isolation == .committed {
                result.data.abortedTransactions = batches.abortedTransactions.map {
                    .init(producerId: $0.producerId, firstOffset: $0.firstOffset.rawValue)
                }
            }
        case .atEnd: break
        case .outOfRange: return false
        }
        return true
    }

    /// Why a client with this leader epoch is refused; nil when it is not.
    func refusal(ofEpoch epoch: Int32) -> ErrorCode? {
        guard epoch >= 0 else { return nil }
        if epoch < leaderEpoch { return .fencedLeaderEpoch }
        return epoch > leaderEpoch ? .unknownLeaderEpoch : nil
    }

    /// Where the log and that of the fetching client part; nil when they agree.
    fileprivate func divergence(_ wanted: PartitionFetch) -> FetchResponse.EpochEndOffset? {
        guard wanted.lastFetchedEpoch >= 0,
            let epoch = LeaderEpoch(exactly: wanted.lastFetchedEpoch),
            let offset = Offset(exactly: wanted.offset),
            case .diverges(let end) = log.standing(ofFollowerAt: offset, epoch: epoch)
        else { return nil }
        return .init(epoch: end.epoch.rawValue, endOffset: end.endOffset.rawValue)
    }
}

extension FetchResult {
    fileprivate mutating func tellEnds(of partition: Partition) {
        data.highWatermark = partition.highWatermark.rawValue
        data.lastStableOffset = partition.reader.lastStableOffset().rawValue
        data.logStartOffset = partition.reader.startOffset.rawValue
    }
}

extension ProduceRefusal {
    /// The same trouble, as a consumer is told of it.
    fileprivate var fetchCode: ErrorCode { code == .invalidRecord ? .corruptMessage : code }
}
