public import VarveLog
internal import VarveSystem
public import VarveTerms
public import VarveTransport
internal import VarveWire

extension PinnedBatches: LentBytes {
    /// They are mapped.
    public var heldSize: ByteCount { .zero }
    public func lend(_ body: (RawSpan) -> Void) { body(bytes) }
}

extension Broker {
    /// Answers with what there is, or waits for more as long as the client allows.
    func fetch(_ request: FetchRequest, _ context: RequestContext, on loop: EventLoop) {
        guard let isolation = ReadIsolation(level: request.isolationLevel) else {
            return refuseFetch(.unknownServerError, context, on: loop)
        }
        do throws(FetchSessionError) {
            let plan = try fetchSessions.plan(
                request, usesIDs: context.version >= 13, at: context.arrival
            ) { partitions.name(of: $0) }
            let fetch = pending(plan, request, isolation)
            let limit = context.arrival.advanced(by: .milliseconds(max(0, request.maxWaitMs)))
            let answer = gather(fetch)
            if answer.isReady(for: fetch) || limit <= context.arrival {
                self.answer(answer, to: fetch, context, on: loop)
            } else {
                fetches.add(fetch, context, until: limit, in: self)
            }
        } catch {
            refuseFetch(error.code, context, on: loop)
        }
    }

    private func refuseFetch(
        _ code: ErrorCode, _ context: RequestContext, on loop: EventLoop
    ) {
        answer(FetchResponse(errorCode: code), to: context, on: loop)
    }

    /// Sets apart what nobody knows: it is told with the answer, but does not end the wait.
    private func pending(
        _ plan: FetchPlan, _ request: FetchRequest, _ isolation: ReadIsolation
    ) -> PendingFetch {
        var fetch = PendingFetch(plan, request, isolation, sizeMax: fetchSizeMax)
        var unknown: (topics: [FetchResult], partitions: [FetchResult]) = ([], [])
        fetch.plan.fetches.removeAll { wanted in
            if partition(wanted) != nil { return false }
            if let topic = wanted.topic {
                let code = absence(of: topic, wanted.key.partition)
                unknown.partitions.append(FetchResult(ofUnknown: wanted, code))
            } else {
                unknown.topics.append(FetchResult(ofUnknown: wanted, .unknownTopicId))
            }
            return true
        }
        fetch.unknown = unknown.topics + unknown.partitions
        return fetch
    }

    /// The partition with the name that a fetch found for its topic.
    func partition(_ wanted: PartitionFetch) -> Partition? {
        wanted.topic.flatMap { partition($0, wanted.key.partition) }
    }

    /// Sends what was gathered, less what the session of the fetch has told before.
    func answer(
        _ gathered: FetchAnswer, to fetch: PendingFetch, _ context: RequestContext,
        on loop: EventLoop
    ) {
        var results = gathered.results
        if !fetch.unknown.isEmpty { results += fetch.unknown }
        do throws(FetchSessionError) {
            var response = FetchResponse()
            response.sessionId = try fetchSessions.settle(
                fetch.plan, &results, at: context.arrival
            ) { Int32(truncatingIfNeeded: surroundings.randomness.next() >> 33) }
            if context.version >= 16 { nameLeader(in: &results, &response, fetch, context) }
            response.add(results)
            answer(response, lending: gathered.records, to: context, on: loop)
        } catch {
            refuseFetch(error.code, context, on: loop)
        }
    }

    /// Tells clients that took another broker, or another time of this one, for the leader, who it
    /// is.
    ///
    /// Source: KIP-951.
    private func nameLeader(
        in results: inout [FetchResult], _ response: inout FetchResponse, _ fetch: PendingFetch,
        _ context: RequestContext
    ) {
        for place in results.indices {
            let code = results[place].data.errorCode
            guard code == .notLeaderOrFollower || code == .fencedLeaderEpoch,
                let partition = partition(results[place].fetch)
            else { continue }
            results[place].data.currentLeader = .init(
                leaderId: settings.nodeID, leaderEpoch: partition.leaderEpoch)
            guard !fetch.isFromReplica, response.nodeEndpoints.isEmpty,
                endpoints.indices.contains(context.listener)
            else { continue }
            let endpoint = endpoints[context.listener]
            response.nodeEndpoints = [
                .init(
                    nodeId: settings.nodeID, host: endpoint.host, port: Int32(endpoint.port),
                    rack: settings.rack)
            ]
        }
    }
}

extension ReadIsolation {
    /// - Parameter level: as requests carry it; nil when it is none of the two.
    init?(level: Int8) {
        switch level {
        case 0: self = .uncommitted
        case 1: self = .committed
        default: return nil
        }
    }
}

/// A fetch that is being answered, or waits.
struct PendingFetch {
    /// Of what there is.
    var plan: FetchPlan
    /// Partitions that there were not when it came.
    var unknown: [FetchResult] = []
    let isolation: ReadIsolation
    let isFromReplica: Bool
    /// In bytes: what it waits for, and what it takes at most.
    let sizeMin: Int
    let sizeMax: Int

    init(
        _ plan: FetchPlan, _ request: FetchRequest, _ isolation: ReadIsolation, sizeMax: Int
    ) {
        self.plan = plan
        self.isolation = isolation
        isFromReplica = request.isFromReplica
        self.sizeMax = min(Int(request.maxBytes), sizeMax)
        sizeMin = min(Int(request.minBytes), self.sizeMax)
    }

    /// How many bytes may be added to `size` that are there; below 0 when the client gave a limit
    /// below 0.
    func room(beside size: Int) -> Int { sizeMax < 0 ? sizeMax : max(0, sizeMax - size) }
}

/// An answer to a fetch while it is put together.
struct FetchAnswer {
    private(set) var results: [FetchResult] = []
    private(set) var records: [any LentBytes] = []
    /// Bytes of records so far.
    private(set) var size = 0
    /// Whether a partition has something to say that ends the wait.
    private var hasNews = false

    init(capacity: Int) { results.reserveCapacity(capacity) }

    mutating func add(_ result: FetchResult) {
        if result.data.errorCode != ErrorCode.none || result.data.divergingEpoch.epoch >= 0 {
            hasNews = true
        }
        results.append(result)
    }

    mutating func add(_ batches: PinnedBatches) -> RecordsSlice {
        records.append(batches)
        size += batches.size.bytes
        return RecordsSlice(start: records.count - 1, count: batches.size.bytes)
    }

    /// Whether it can be sent now.
    func isReady(for fetch: PendingFetch) -> Bool {
        hasNews || size >= fetch.sizeMin || fetch.plan.fetches.isEmpty
    }
}
