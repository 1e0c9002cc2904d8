internal import VarveShares
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// What a request says about the records of one partition, as it came.
struct SentAcknowledgements {
    var place: TopicPartition
    /// First and last offset, and what is said of them.
    var rows: [(first: Int64, last: Int64, kinds: [Int8])]

    /// - Returns: nil where a row makes no sense, or renews where that was not announced.
    func checked(isRenewal: Bool) -> [AcknowledgedRecords]? {
        var checked: [AcknowledgedRecords] = []
        for row in rows {
            let kinds = row.kinds.compactMap { Acknowledgement(rawValue: $0) }
            guard kinds.count == row.kinds.count, isRenewal || !kinds.contains(.renew),
                let records = AcknowledgedRecords(first: row.first, last: row.last, kinds: kinds)
            else { return nil }
            checked.append(records)
        }
        return checked
    }
}

extension Broker {
    /// Takes what a member says about its records, partition by partition.
    /// - Returns: what went wrong; nil where nothing did.
    func acknowledge(
        _ sent: [SentAcknowledgements], by session: ShareSessionKey, isRenewal: Bool,
        _ work: inout ShareWork
    ) -> [(TopicPartition, ShareTrouble?)] {
        let isRenewal = isRenewal && shareConfigs(of: session.group).takesRenewals
        return sent.map { sent in
            do throws(ShareTrouble) {
                try acknowledge(sent, by: session, isRenewal: isRenewal, &work)
                return (sent.place, nil)
            } catch {
                return (sent.place, error)
            }
        }
    }

    private func acknowledge(
        _ sent: SentAcknowledgements, by session: ShareSessionKey, isRenewal: Bool,
        _ work: inout ShareWork
    ) throws(ShareTrouble) {
        let place = sent.place
        guard let rows = sent.checked(isRenewal: isRenewal) else {
            throw ShareTrouble(.invalidRequest)
        }
        guard partitions.name(of: place.topicID) != nil else { throw .unknownTopicID }
        guard let topic = partition(place.topicID, place.index) else {
            throw ShareTrouble(.unknownTopicOrPartition)
        }
        let key = SharePartitionKey(
            group: session.group, topicID: place.topicID, partition: place.index)
        guard try isBegun(key, &work) else {
            throw ShareTrouble(
                .unknownTopicOrPartition, "This server does not host this topic-partition.")
        }
        let now = work.now
        try withSharePartition(key, of: topic, &work) { partition throws(ShareRefusal) in
            try partition.acknowledge(rows, by: session.member, at: now)
        }
    }

    /// Whether anybody ever fetched from a share partition. It may not be in memory.
    private func isBegun(
        _ key: SharePartitionKey, _ work: inout ShareWork
    ) throws(ShareTrouble) -> Bool {
        guard shares.partitions[key] == nil else { return true }
        return try withShareStates(of: key, &work) { states, _ in
            states.summary(of: key)?.start != nil
        }
    }

    // MARK: ShareAcknowledge

    /// Takes what a member says about records that it got.
    func shareAcknowledge(
        _ request: ShareAcknowledgeRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        guard let group = request.groupId, let member = request.memberId, !member.isEmpty else {
            return answer(
                ShareAcknowledgeResponse(errorCode: .invalidRequest), to: context, on: loop)
        }
        let session = ShareSessionKey(group: group, member: member)
        var work = ShareWork(context)
        var response = ShareAcknowledgeResponse()
        do throws(ShareRefusal) {
            let left = try takeStep(request, session)
            response.responses = acknowledge(request, by: session, &work)
            if let left { release(left, from: session, &work) }
            if context.version >= 2 { response.acquisitionLockTimeoutMs = lockTimeout(of: group) }
        } catch {
            response.errorCode = error.error.code
            response.errorMessage = error.message
        }
        answer(response, after: work, to: context) { response in
            response.errorCode = .kafkaStorageError
            response.responses = []
        }
    }

    /// - Returns: what the session had, when it ends here.
    private func takeStep(
        _ request: ShareAcknowledgeRequest, _ session: ShareSessionKey
    ) throws(ShareRefusal) -> [TopicPartition]? {
        switch ShareSessionStep(epoch: request.shareSessionEpoch) {
        case .begin: throw ShareRefusal(.invalidShareSessionEpoch)
        case .goOn(let epoch):
            _ = try shares.sessions.goOn(session, epoch: epoch, adding: [])
            return nil
        case .end:
            let partitions = shares.sessions.partitions(of: session)
            try shares.sessions.end(session)
            return partitions
        }
    }

    private func acknowledge(
        _ request: ShareAcknowledgeRequest, by session: ShareSessionKey, _ work: inout ShareWork
    ) -> [ShareAcknowledgeResponse.ShareAcknowledgeTopicResponse] {
        let sent = request.topics.flatMap { topic in
            topic.partitions.map { partition in
                SentAcknowledgements(
                    place: TopicPartition(
                        topicID: topic.topicId, index: partition.partitionIndex),
                    rows: partition.acknowledgementBatches.map {
                        ($0.firstOffset, $0.lastOffset, $0.acknowledgeTypes)
                    })
            }
        }
        var topics: [ShareAcknowledgeResponse.ShareAcknowledgeTopicResponse] = []
        let outcomes = acknowledge(
            sent, by: session, isRenewal: request.isRenewAck, &work)
        for (place, trouble) in outcomes {
            if topics.last?.topicId != place.topicID {
                topics.append(.init(topicId: place.topicID))
            }
            var row = ShareAcknowledgeResponse.PartitionData()
            row.partitionIndex = place.index
            row.errorCode = trouble?.code ?? ErrorCode.none
            row.errorMessage = trouble?.message
            topics[topics.count - 1].partitions.append(row)
        }
        return topics
    }

    /// In milliseconds.
    func lockTimeout(of group: String) -> Int32 {
        Int32(clamping: Int64(shareConfigs(of: group).limits.lockDuration / .milliseconds(1)))
    }
}
