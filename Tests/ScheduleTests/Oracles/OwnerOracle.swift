import VarveTerms

/// A partition of a topic, by its id.
struct OwnedPartition: Hashable {
    var topic: UniqueID
    var index: Int32
}

/// Who has which partitions of a group, whatever protocol its members speak: none is had by two.
final class OwnerOracle {
    private struct Holding {
        var partitions: Set<OwnedPartition>
        /// Who has not been heard of until then may be given up.
        var until: Instant
    }

    private var holdings: [String: Holding] = [:]

    /// A member has these partitions now.
    func hold(
        _ partitions: Set<OwnedPartition>, by who: String, until: Instant, at now: Instant
    ) -> [String] {
        holdings[who] = Holding(partitions: partitions, until: until)
        return holdings.filter { $0.key != who && $0.value.until > now }
            .sorted { $0.key < $1.key }
            .flatMap { other, holding in
                holding.partitions.intersection(partitions).map {
                    "\(who) and \(other) have partition \($0.index) of \($0.topic)"
                }
            }
    }

    func release(_ who: String) { holdings[who] = nil }
}
