import VarveTerms

/// One member of a classic group.
struct GroupMember: Hashable {
    var id: String
    let instanceID: String?
    var clientID: String
    var clientHost: String
    var sessionTimeout: Duration
    var rebalanceTimeout: Duration
    var protocols: [GroupProtocol]
    var assignment: [UInt8] = []
    /// Its JoinGroup that waits for the next generation.
    var awaitingJoin: RequestToken?
    /// Its SyncGroup that waits for the assignment.
    var awaitingSync: RequestToken?
    /// Whether it has not been in a generation yet.
    var isNew = false
    /// Whether it has asked for its part of this generation's assignment.
    var hasSynced = false
    /// When it is given up unless it is heard of.
    var deadline: Instant?
    /// Members keep the order in which they joined.
    var ordinal: UInt64 = 0

    init(
        id: String, instanceID: String?, clientID: String, clientHost: String,
        sessionTimeout: Duration, rebalanceTimeout: Duration, protocols: [GroupProtocol]
    ) {
        (self.id, self.instanceID) = (id, instanceID)
        (self.clientID, self.clientHost) = (clientID, clientHost)
        (self.sessionTimeout, self.rebalanceTimeout) = (sessionTimeout, rebalanceTimeout)
        self.protocols = protocols
    }

    /// When silence removes it. A member whose request waits here is heard of by that; but a new
    /// one cannot send heartbeats yet, and a client that gave up must not stay for ever.
    var silenceEnds: Instant? {
        isNew || (awaitingJoin == nil && awaitingSync == nil) ? deadline : nil
    }

    /// Its metadata for a protocol; empty when it does not name it.
    func metadata(for name: String?) -> [UInt8] {
        protocols.first { $0.name == name }?.metadata ?? []
    }

    /// The record's form of the member.
    func stored(for protocolName: String?, assignment: [UInt8]) -> StoredMember {
        StoredMember(
            memberID: id, instanceID: instanceID, clientID: clientID, clientHost: clientHost,
            rebalanceTimeoutMs: Int32(clamping: rebalanceTimeout.wholeMilliseconds),
            sessionTimeoutMs: Int32(clamping: sessionTimeout.wholeMilliseconds),
            subscription: metadata(for: protocolName), assignment: assignment)
    }

    init(_ stored: StoredMember, protocolName: String?) {
        let session = Duration.milliseconds(max(stored.sessionTimeoutMs, 0))
        self.init(
            id: stored.memberID, instanceID: stored.instanceID, clientID: stored.clientID,
            clientHost: stored.clientHost, sessionTimeout: session,
            rebalanceTimeout: stored.rebalanceTimeoutMs < 0
                ? session : .milliseconds(stored.rebalanceTimeoutMs),
            protocols: [
                GroupProtocol(name: protocolName ?? "", metadata: stored.subscription)
            ])
        assignment = stored.assignment
        hasSynced = true
    }
}

extension Duration {
    /// Rounded towards zero, and held within the range.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, sumOverflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return overflow || sumOverflow ? (seconds < 0 ? .min : .max) : sum
    }
}
