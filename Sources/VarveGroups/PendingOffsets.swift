import VarveTerms

/// Offsets that transactions carry and that count only once the transaction is committed.
///
/// *Invariants*: `holders` counts, for each key, the transactions that hold it, and `groups`, for
/// each group, the keys that are held; neither has a zero.
struct PendingOffsets {
    /// An offset, and when it came among all of them: of two for one partition the later counts,
    /// whichever transaction ends first.
    struct Pending {
        var stored: StoredOffset
        var order: Int
    }

    private var transactions: [Int64: [OffsetKey: Pending]] = [:]
    private var holders: [OffsetKey: Int] = [:]
    private var groups: [String: Int] = [:]
    private var nextOrder = 0

    /// Whether some open transaction has an offset for this partition.
    func contains(_ key: OffsetKey) -> Bool { holders[key] != nil }

    /// Whether some open transaction has an offset of this group.
    func contains(group: String) -> Bool { groups[group] != nil }

    /// The keys that are held and fit, ordered.
    func keys(where isWanted: (OffsetKey) -> Bool) -> [OffsetKey] {
        holders.keys.filter(isWanted).sorted {
            ($0.group, $0.topic, $0.partition) < ($1.group, $1.topic, $1.partition)
        }
    }

    /// Takes what a producer's open transaction says.
    mutating func add(_ stored: StoredOffset, for key: OffsetKey, of producerID: Int64) {
        let pending = Pending(stored: stored, order: nextOrder)
        nextOrder += 1
        let earlier = transactions[producerID, default: [:]].updateValue(pending, forKey: key)
        guard earlier == nil else { return }
        holders[key, default: 0] += 1
        groups[key.group, default: 0] += 1
    }

    /// A producer's transaction ends: what it held is no longer pending.
    /// - Returns: what it held, in the order in which it came.
    mutating func end(_ producerID: Int64) -> [(key: OffsetKey, pending: Pending)] {
        let held = transactions.removeValue(forKey: producerID) ?? [:]
        for key in held.keys { release(key) }
        return held.map { (key: $0.key, pending: $0.value) }
            .sorted { $0.pending.order < $1.pending.order }
    }

    /// Something newer is known of a partition: what came before it will never count.
    /// - Parameter order: nil when it is newer than all.
    mutating func supersede(_ key: OffsetKey, before order: Int? = nil) {
        guard contains(key) else { return }
        for (producerID, held) in transactions {
            guard let pending = held[key], order.map({ pending.order < $0 }) ?? true else {
                continue
            }
            transactions[producerID]?[key] = nil
            release(key)
        }
    }

    private mutating func release(_ key: OffsetKey) {
        Self.countDown(&holders, key)
        Self.countDown(&groups, key.group)
    }

    private static func countDown<Key>(_ counts: inout [Key: Int], _ key: Key) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}
