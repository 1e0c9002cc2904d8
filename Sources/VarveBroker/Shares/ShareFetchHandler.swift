internal import VarveShares
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// A ShareFetch of which everything but the records is done.
struct PendingShareFetch {
    var session: ShareSessionKey
    var context: RequestContext
    /// What the session has, in the order in which it is looked at.
    var places: [TopicPartition]
    /// Partitions that have a row in the answer whatever comes of them.
    var shown: Set<TopicPartition>
    /// What went wrong with acknowledgements that came along.
    var troubles: [TopicPartition: ShareTrouble] = [:]
    var acquiring: AcquireRequest
    /// In bytes.
    var sizeMin: Int
    var sizeMax: Int
    var deadline: Instant

    init(
        _ request: ShareFetchRequest, by session: ShareSessionKey, mode: AcquireRequest.Mode,
        places: [TopicPartition], shown: Set<TopicPartition>, _ context: RequestContext
    ) {
        (self.session, self.context, self.shown) = (session, context, shown)
        // Each fetch begins with another partition: none is left for last each time.
        let turn = places.isEmpty ? 0 : Int(request.shareSessionEpoch.magnitude) % places.count
        self.places = Array(places[turn...] + places[..<turn])
        acquiring = AcquireRequest(
            member: session.member, recordCountMax: Int64(request.maxRecords),
            batchSize: Int64(max(1, request.batchSize)), mode: mode)
        sizeMax = max(0, Int(request.maxBytes))
        sizeMin = min(max(0, Int(request.minBytes)), sizeMax)
        deadline = context.arrival.advanced(by: .milliseconds(max(0, Int64(request.maxWaitMs))))
    }
}

extension ShareFetchRequest {
    fileprivate var acknowledgements: [SentAcknowledgements] {
        topics.flatMap { topic in
            topic.partitions.compactMap { partition in
                guard !partition.acknowledgementBatches.isEmpty else { return nil }
                return SentAcknowledgements(
                    place: TopicPartition(
                        topicID: topic.topicId, index: partition.partitionIndex),
                    rows: partition.acknowledgementBatches.map {
                        ($0.firstOffset, $0.lastOffset, $0.acknowledgeTypes)
                    })
            }
        }
    }

    fileprivate var places: [TopicPartition] {
        topics.flatMap { topic in
            topic.partitions.map {
                TopicPartition(topicID: topic.topicId, index: $0.partitionIndex)
            }
        }
    }

    fileprivate var forgotten: [TopicPartition] {
        forgottenTopicsData.flatMap { topic in
            topic.partitions.map { TopicPartition(topicID: topic.topicId, index: $0) }
        }
    }

    /// Renewals come in requests that fetch nothing.
    fileprivate var isLawful: Bool {
        !isRenewAck || (maxWaitMs == 0 && minBytes == 0 && maxBytes == 0 && maxRecords == 0)
    }
}

extension Broker {
    /// Gives a member records, at once or as soon as there are some, and takes what it says about
    /// those that it had.
    func shareFetch(
        _ request: ShareFetchRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        guard let group = request.groupId, let member = request.memberId, !member.isEmpty,
            request.isLawful
        else { return refuse(context, .invalidRequest, on: loop) }
        let session = ShareSessionKey(group: group, member: member)
        let sent = request.acknowledgements
        var work = ShareWork(context)
        do throws(ShareRefusal) {
            guard sent.isEmpty || request.shareSessionEpoch != 0 else {
                throw ShareRefusal(.invalidRequest)
            }
            let step = try takeStep(request, session, context, &work)
            let outcomes = acknowledge(
                sent, by: session, isRenewal: request.isRenewAck, &work)
            if let left = step.left { release(left, from: session, &work) }
            guard let mode = AcquireRequest.Mode(rawValue: request.shareAcquireMode) else {
                throw ShareRefusal(.invalidRequest, "The acquire mode is not known.")
            }
            var fetch = PendingShareFetch(
                request, by: session, mode: mode, places: step.places,
                shown: Set(sent.map(\.place)).union(step.new), context)
            for (place, trouble) in outcomes { fetch.troubles[place] = trouble }
            begin(fetch, after: work, isEnding: step.left != nil, on: loop)
        } catch {
            answer(
                ShareFetchResponse(errorCode: error.error.code, errorMessage: error.message),
                after: work, to: context
            ) { $0.errorCode = .kafkaStorageError }
        }
    }

    private func refuse(_ context: RequestContext, _ code: ErrorCode, on loop: EventLoop) {
        answer(ShareFetchResponse(errorCode: code), to: context, on: loop)
    }

    /// What a request does to its session.
    private struct SessionStep {
        /// To be fetched.
        var places: [TopicPartition] = []
        /// Those that the session did not have before.
        var new: [TopicPartition] = []
        /// What the session had, when it ends here.
        var left: [TopicPartition]?
    }

    private func takeStep(
        _ request: ShareFetchRequest, _ session: ShareSessionKey, _ context: RequestContext,
        _ work: inout ShareWork
    ) throws(ShareRefusal) -> SessionStep {
        switch ShareSessionStep(epoch: request.shareSessionEpoch) {
        case .begin:
            let old = shares.sessions.partitions(of: session) ?? []
            let hadOne = try shares.sessions.begin(
                session, with: request.places, on: context.slot.connection)
            if hadOne { release(old, from: session, &work) }
            let places = shares.sessions.partitions(of: session) ?? []
            return SessionStep(places: places, new: places)
        case .goOn(let epoch):
            let new = try shares.sessions.goOn(
                session, epoch: epoch, adding: request.places, forgetting: request.forgotten)
            return SessionStep(
                places: shares.sessions.partitions(of: session) ?? [], new: new)
        case .end:
            let left = shares.sessions.partitions(of: session)
            try shares.sessions.end(session)
            return SessionStep(left: left)
        }
    }

    /// Fetches once what came before it is durable.
    private func begin(
        _ fetch: PendingShareFetch, after work: ShareWork, isEnding: Bool, on loop: EventLoop
    ) {
        let isAtOnce = isEnding || fetch.acquiring.recordCountMax <= 0 || fetch.places.isEmpty
        let go = { (loop: EventLoop) in
            if work.isLost {
                self.refuse(fetch.context, .kafkaStorageError, on: loop)
            } else if isAtOnce {
                self.answerEmpty(fetch)
            } else if !self.tryShareFetch(fetch, isDue: fetch.deadline <= work.now) {
                self.shares.fetches.add(fetch)
            }
        }
        if work.logs.isEmpty { go(loop) } else { afterFlush.append(go) }
    }

    /// Answers without records: only what became of acknowledgements is told.
    func answerEmpty(_ fetch: PendingShareFetch) {
        var fetch = fetch
        if fetch.acquiring.recordCountMax <= 0 { fetch.shown = Set(fetch.troubles.keys) }
        let places = fetch.shown.sorted {
            ($0.topicID.high, $0.topicID.low, $0.index) < (
                $1.topicID.high, $1.topicID.low, $1.index
            )
        }
        var answer = ShareFetchAnswer()
        for place in places { answer.rows[place] = answer.rows[place] ?? .init() }
        send(answer, to: fetch, after: ShareWork(fetch.context), order: places)
    }

    /// Answers a fetch if there is enough for it, or if it is due.
    /// - Returns: whether it was answered.
    func tryShareFetch(_ fetch: PendingShareFetch, isDue: Bool) -> Bool {
        var work = ShareWork(clock.now(), clock.wallClock())
        guard let answer = gather(fetch, isDue: isDue, &work) else { return false }
        send(answer, to: fetch, after: work, order: fetch.places)
        return true
    }

    private func send(
        _ answer: ShareFetchAnswer, to fetch: PendingShareFetch, after work: ShareWork,
        order: [TopicPartition]
    ) {
        var response = ShareFetchResponse()
        response.acquisitionLockTimeoutMs = lockTimeout(of: fetch.session.group)
        var topics: [UniqueID: Int] = [:]
        for place in order {
            var row = answer.rows[place] ?? .init()
            let isEmpty = row.errorCode == .none && row.acquiredRecords.isEmpty
            guard !isEmpty || fetch.shown.contains(place) else { continue }
            row.partitionIndex = place.index
            row.acknowledgeErrorCode = fetch.troubles[place]?.code ?? ErrorCode.none
            row.acknowledgeErrorMessage = fetch.troubles[place]?.message
            if topics[place.topicID] == nil {
                topics[place.topicID] = response.responses.count
                response.responses.append(.init(topicId: place.topicID))
            }
            response.responses[topics[place.topicID] ?? 0].partitions.append(row)
        }
        self.answer(response, lending: answer.records, after: work, to: fetch.context) {
            $0 = ShareFetchResponse(errorCode: .kafkaStorageError)
        }
    }
}
