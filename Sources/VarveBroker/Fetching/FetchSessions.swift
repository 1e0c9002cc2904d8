internal import VarveMetadata
internal import VarveTerms
internal import VarveWire

/// The fetch sessions of a node: a client names its partitions once, and from then on only what
/// changes is said, by either side.
///
/// A pure value. A fetch passes it twice: `plan` says what is wanted, `settle` what of the answer
/// is news. A table that is full makes room as Kafka's does, or begins no session, which clients
/// bear: they go on naming everything.
///
/// *Invariants*: there are at most `limits.sessionsMax` sessions; `partitionCount` is the sum over
/// them and at most `limits.partitionsMax`.
/// *Source*: KIP-227; topics by id: KIP-516.
struct FetchSessions {
    struct Limits: Hashable, Sendable {
        /// `max.incremental.fetch.session.cache.slots`.
        var sessionsMax = 1000
        /// Of all sessions. A partition takes about 200 bytes, and 249 more at most for the name
        /// of its topic: 450 MB at the worst.
        var partitionsMax = 1_000_000
        /// Of one session.
        var sessionSizeMax = 100_000
        /// From what age on a session may make room for another one of its kind, and how long one
        /// may lie idle before it makes room for any.
        var age: Duration = .seconds(120)
    }

    let limits: Limits
    private var sessions: [Int32: FetchSession] = [:]
    /// Of all sessions.
    private(set) var partitionCount = 0

    init(_ limits: Limits = Limits()) { self.limits = limits }

    var count: Int { sessions.count }

    // MARK: What is wanted

    /// Finds out what a request wants, which is what it says and what its session remembers.
    /// - Parameter nameOf: finds the name of the topic with an id.
    /// - Throws: the session is not there, or not where the client believes it to be. It is then
    ///   as it was, except that one which grows too large is closed.
    mutating func plan(
        _ request: FetchRequest, usesIDs: Bool, at now: Instant,
        _ nameOf: (UniqueID) -> String?
    ) throws(FetchSessionError) -> FetchPlan {
        let id = request.sessionId
        let wanted = request.fetches(usesIDs: usesIDs, nameOf)
        // Names that no topic can have are not kept: they are as long as a client likes.
        let isBearable = wanted.allSatisfy { $0.key.topicName.utf8.count <= TopicName.sizeMax }
        guard !request.isFull else {
            remove(id)
            let opens = request.sessionEpoch == FetchRequest.epochOfFirst && isBearable
            return FetchPlan(
                standing: opens ? .opens(isPrivileged: request.isFromReplica) : .alone,
                usesIDs: usesIDs, fetches: wanted)
        }
        let size = try check(request, usesIDs: usesIDs)
        guard isBearable else {
            remove(id)
            throw .unknown
        }
        let newSize = change(id) { session in
            for fetch in wanted { session.want(fetch) }
            request.forEachForgotten(usesIDs: usesIDs) { session.forget($0) }
            session.lastUsed = now
            session.advance()
            return session.count
        }
        partitionCount += newSize - size
        guard newSize > 0 else {
            remove(id)
            return FetchPlan(standing: .alone, usesIDs: usesIDs, fetches: wanted)
        }
        guard newSize <= limits.sessionSizeMax, partitionCount <= limits.partitionsMax else {
            // The client begins anew with all its partitions, and is told there whether they fit.
            remove(id)
            throw .unknown
        }
        return FetchPlan(
            standing: .continues(id: id, epoch: FetchSession.epoch(after: request.sessionEpoch)),
            usesIDs: usesIDs, fetches: change(id) { $0.fetches(nameOf) })
    }

    /// - Returns: how many partitions the session of a request that goes on with it has.
    private func check(_ request: FetchRequest, usesIDs: Bool) throws(FetchSessionError) -> Int {
        guard let session = sessions[request.sessionId] else { throw .unknown }
        guard session.epoch == request.sessionEpoch else { throw .epoch }
        guard session.usesIDs == usesIDs else { throw .topicIDs }
        return session.count
    }

    /// Changes a session that is there, in its place.
    private mutating func change<Value>(
        _ id: Int32, _ body: (inout FetchSession) -> Value
    ) -> Value {
        guard let place = sessions.index(forKey: id) else {
            preconditionFailure("session \(id) is not there")
        }
        return body(&sessions.values[place])
    }

    // MARK: What is told

    /// Leaves of the results what is news to the client, and remembers them as told.
    /// - Parameter draw: draws a number above 0 for a new session.
    /// - Returns: the id of the session that the client goes on with; 0 for none.
    /// - Throws: `.epoch` when the session went on while this fetch waited.
    mutating func settle(
        _ plan: FetchPlan, _ results: inout [FetchResult], at now: Instant,
        drawing draw: () -> Int32
    ) throws(FetchSessionError) -> Int32 {
        switch plan.standing {
        case .alone: return 0
        case .opens(let isPrivileged):
            guard makeRoom(for: results.count, isPrivileged: isPrivileged, at: now) else {
                return 0
            }
            var session = FetchSession(
                usesIDs: plan.usesIDs, isPrivileged: isPrivileged, at: now)
            for result in results { session.begin(result) }
            var id = draw()
            while id <= 0 || sessions[id] != nil { id = draw() }
            sessions[id] = session
            partitionCount += session.count
            return id
        case .continues(let id, let epoch):
            // One that made room meanwhile knows no longer what was told: all of it is.
            guard let present = sessions[id]?.epoch else { return 0 }
            guard present == epoch else { throw .epoch }
            change(id) { session in results.removeAll { !session.tells($0) } }
            return id
        }
    }

    // MARK: Room

    private mutating func remove(_ id: Int32) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        partitionCount -= session.count
    }

    /// Whether there is room for a session of `size` partitions, made by closing others if it has
    /// to be.
    private mutating func makeRoom(
        for size: Int, isPrivileged: Bool, at now: Instant
    ) -> Bool {
        guard size <= limits.sessionSizeMax, size <= limits.partitionsMax else { return false }
        while sessions.count >= limits.sessionsMax || partitionCount + size > limits.partitionsMax {
            guard let id = evictable(for: size, isPrivileged: isPrivileged, at: now) else {
                return false
            }
            remove(id)
        }
        return true
    }

    /// The session that makes room for another: the one that lay idle longest, if that was for
    /// long; else the least valuable of those that may be closed, if it is less so than the new
    /// one. A replica's is worth more than a client's, then more partitions more than fewer. A
    /// session is safe from its own kind as long as it is young, a replica's from everybody.
    /// - Complexity: O(n), but only in a table that is full.
    private func evictable(for size: Int, isPrivileged: Bool, at now: Instant) -> Int32? {
        var idlest: (id: Int32, since: Instant)?
        var least: Worth?
        for (id, session) in sessions {
            if idlest.map({ (session.lastUsed, id) < ($0.since, $0.id) }) ?? true {
                idlest = (id, session.lastUsed)
            }
            let isOld = session.lastUsed.duration(since: session.created) > limits.age
            guard isOld || (isPrivileged && !session.isPrivileged) else { continue }
            let worth = Worth(isPrivileged: session.isPrivileged, size: session.count, id: id)
            if least.map({ worth < $0 }) ?? true { least = worth }
        }
        if let idlest, now.duration(since: idlest.since) > limits.age { return idlest.id }
        let new = Worth(isPrivileged: isPrivileged, size: size, id: 0)
        guard let least, least < new else { return nil }
        return least.id
    }

    private struct Worth: Comparable {
        var isPrivileged: Bool
        var size: Int
        /// Decides between equals.
        var id: Int32

        static func < (left: Self, right: Self) -> Bool {
            guard left.isPrivileged == right.isPrivileged else { return right.isPrivileged }
            return (left.size, left.id) < (right.size, right.id)
        }
    }
}

extension BrokerConfigs {
    /// How many fetch sessions there may be.
    var fetchSessions: FetchSessions.Limits {
        var limits = FetchSessions.Limits()
        if let slots = value(of: "max.incremental.fetch.session.cache.slots").flatMap({ Int($0) }) {
            limits.sessionsMax = slots
        }
        return limits
    }

    /// In bytes: `fetch.max.bytes`.
    var fetchSizeMax: Int { value(of: "fetch.max.bytes").flatMap { Int($0) } ?? 55 << 20 }
}
