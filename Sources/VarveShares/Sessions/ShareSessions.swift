public import VarveTerms

/// A partition of a topic, by the topic's id.
public struct TopicPartition: Hashable, Sendable {
    public var topicID: UniqueID
    public var index: Int32

    public init(topicID: UniqueID, index: Int32) {
        (self.topicID, self.index) = (topicID, index)
    }
}

/// A member of a share group at one broker.
public struct ShareSessionKey: Hashable, Sendable {
    public var group: String
    public var member: String

    public init(group: String, member: String) { (self.group, self.member) = (group, member) }
}

/// What the epoch in a request asks of a share session.
public enum ShareSessionStep: Hashable, Sendable {
    /// 0: everything is named, the session begins.
    case begin
    /// −1: the session ends.
    case end
    case goOn(Int32)

    public init(epoch: Int32) {
        switch epoch {
        case 0: self = .begin
        case -1: self = .end
        default: self = .goOn(epoch)
        }
    }
}

/// What the members of share groups fetch, so that they name it only once.
///
/// *Invariants*: no more sessions than `countMax`, nor partitions in one than
/// `partitionCountMax`, nor in all together than `totalMax`; the epoch of each is the one that its
/// member sends next, and never 0 or −1.
/// *Source*: KIP-932, share sessions.
public struct ShareSessions<Connection: Hashable & Sendable>: Sendable {
    private struct Session: Sendable {
        var epoch: Int32 = 1
        /// In the order in which they were named.
        var partitions: [TopicPartition]
        var connection: Connection

        @discardableResult
        mutating func add(_ more: [TopicPartition]) -> [TopicPartition] {
            var known = Set(partitions)
            let new = more.filter { known.insert($0).inserted }
            partitions += new
            return new
        }
    }

    /// What the memory of sessions is bounded by; more than any member has use for.
    public static var partitionCountMax: Int { 100_000 }
    public static var totalMax: Int { 1_000_000 }

    /// `group.share.max.share.sessions`
    private let countMax: Int
    private var sessions: [ShareSessionKey: Session] = [:]
    /// Of all sessions.
    private(set) var partitionCount = 0

    public init(countMax: Int) { self.countMax = countMax }

    public var count: Int { sessions.count }

    /// What the session has; nil when there is none.
    public func partitions(of key: ShareSessionKey) -> [TopicPartition]? {
        sessions[key]?.partitions
    }

    /// Begins a session, in the place of one that there may be.
    /// - Returns: whether there was one: what its member had is to be released.
    public mutating func begin(
        _ key: ShareSessionKey, with partitions: [TopicPartition], on connection: Connection
    ) throws(ShareRefusal) -> Bool {
        let old = sessions[key]
        var session = Session(partitions: [], connection: connection)
        session.add(partitions)
        let change = session.partitions.count - (old?.partitions.count ?? 0)
        guard old != nil || sessions.count < countMax,
            session.partitions.count <= Self.partitionCountMax,
            partitionCount + change <= Self.totalMax
        else { throw ShareRefusal(.shareSessionLimitReached) }
        sessions[key] = session
        partitionCount += change
        return old != nil
    }

    /// Takes the next request of a session.
    /// - Returns: the partitions that are new in it.
    public mutating func goOn(
        _ key: ShareSessionKey, epoch: Int32, adding: [TopicPartition],
        forgetting: [TopicPartition] = []
    ) throws(ShareRefusal) -> [TopicPartition] {
        guard let place = sessions.index(forKey: key) else {
            throw ShareRefusal(.shareSessionNotFound)
        }
        guard sessions.values[place].epoch == epoch else {
            throw ShareRefusal(.invalidShareSessionEpoch)
        }
        let before = sessions.values[place].partitions.count
        guard adding.isEmpty || before + adding.count <= Self.partitionCountMax,
            adding.isEmpty || partitionCount + adding.count <= Self.totalMax
        else { throw ShareRefusal(.shareSessionLimitReached) }
        sessions.values[place].epoch = epoch == .max ? 1 : epoch + 1
        if !forgetting.isEmpty {
            let forgotten = Set(forgetting)
            sessions.values[place].partitions.removeAll { forgotten.contains($0) }
        }
        let new = adding.isEmpty ? [] : sessions.values[place].add(adding)
        partitionCount += sessions.values[place].partitions.count - before
        return new
    }

    /// Ends a session.
    public mutating func end(_ key: ShareSessionKey) throws(ShareRefusal) {
        guard let session = sessions.removeValue(forKey: key) else {
            throw ShareRefusal(.shareSessionNotFound)
        }
        partitionCount -= session.partitions.count
    }

    /// Ends the sessions of a connection that is gone.
    /// - Returns: whose they were, and what they had.
    /// - Complexity: O(sessions)
    public mutating func endAll(
        on connection: Connection
    ) -> [(key: ShareSessionKey, partitions: [TopicPartition])] {
        let lost = sessions.filter { $0.value.connection == connection }
        for (key, session) in lost {
            sessions[key] = nil
            partitionCount -= session.partitions.count
        }
        return lost.map { ($0.key, $0.value.partitions) }
            .sorted { ($0.0.group, $0.0.member) < ($1.0.group, $1.0.member) }
    }
}
