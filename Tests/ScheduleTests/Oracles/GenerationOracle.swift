import VarveTerms

/// Generations of a classic group.
///
/// *Rules*: a generation that somebody has a part of has one plan for good, whatever crashes; each
/// has the part that this plan gives to it; no partition is given to two; nobody goes on in a
/// generation when a later one is known to have begun.
final class GenerationOracle {
    private var plans: [Int: [String: [Int32]]] = [:]
    private var planOf: [Int32: Int] = [:]
    private var holders: [Int32: [Int32: String]] = [:]
    private var known: [(generation: Int32, since: Instant)] = []

    /// A leader made a plan: who is to have what.
    func plan(_ number: Int, _ parts: [String: [Int32]]) { plans[number] = parts }

    /// Somebody got its part.
    func synced(
        _ who: String, _ generation: Int32, plan: Int?, has partitions: [Int32], at now: Instant
    ) -> [String] {
        guard let plan else { return [] }
        var complaints: [String] = []
        if let before = planOf[generation], before != plan {
            complaints.append("generation \(generation) has plans \(before) and \(plan)")
        }
        planOf[generation] = plan
        if plans[plan]?[who] != partitions {
            complaints.append("\(who) has \(partitions), which is not what its leader gave")
        }
        for partition in partitions {
            if let other = holders[generation]?[partition], other != who {
                complaints.append("\(who) and \(other) have \(partition) in \(generation)")
            }
            holders[generation, default: [:]][partition] = who
        }
        if known.allSatisfy({ $0.generation < generation }) { known.append((generation, now)) }
        return complaints
    }

    /// Somebody was served in a generation.
    func served(_ who: String, _ generation: Int32, asked start: Instant) -> [String] {
        guard let later = known.first(where: { $0.generation > generation && $0.since < start })
        else { return [] }
        return ["\(who) is served in \(generation), though \(later.generation) has begun"]
    }
}
