import VarveTerms

@testable import VarveGroups

/// A consumer as a client library runs it: beats, hands back what it is told to, and joins anew
/// when it is fenced.
struct ConsumerModelClient {
    let memberID: String
    let instance: String?
    var topics: [String]
    /// 0: joins with its next heartbeat.
    var epoch: Int32 = 0
    /// What it reads at the moment.
    var owned = PartitionSet()
    /// Whether it is to say everything: its wishes have changed, or an answer was lost.
    var hasChanged = false
    /// Until when it keeps what it is to hand back.
    var keepsUntil: Int64 = 0
    /// What it was told to have, while it hands back.
    var told: PartitionSet?
    var lastSeen: Int64
    /// Until when it does nothing at all.
    var pausedUntil: Int64 = 0
    var isDead = false

    /// Forgets its membership, as clients do when they are fenced.
    mutating func reset() { (epoch, owned, told) = (0, PartitionSet(), nil) }
}
