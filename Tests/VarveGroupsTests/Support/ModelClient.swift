import VarveTerms

@testable import VarveGroups

/// A consumer as a client library runs it: joins, syncs, beats, commits, and joins again when it
/// is told to.
struct ModelClient {
    enum Phase: Equatable {
        /// Sends its next JoinGroup when it gets its turn.
        case outside
        case joining(RequestToken)
        case syncing(RequestToken)
        case working
        /// Says nothing any more.
        case dead
    }

    let group: String
    let name: String
    let instance: String?
    let version: Int16
    var phase = Phase.outside
    var memberID = ""
    var generation: Int32 = -1
    /// Which reading of the partition it joined.
    var reading = 0
    var protocols: [String] = ["range", "sticky"]
    /// When it last did what the protocol asks; members that keep to it must stay.
    var lastSeen: Int64 = 0

    /// Forgets its membership, as clients do when they are refused.
    mutating func reset() {
        (phase, memberID, generation) = (.outside, "", -1)
    }

    var claim: MemberClaim {
        MemberClaim(group: group, memberID: memberID, instanceID: instance, generation: generation)
    }
}
