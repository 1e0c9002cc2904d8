import VarveTerms

/// The records of a share group, each by its offset.
///
/// *Rules*: what was accepted and answered never comes again; nobody gets what another has; no
/// delivery count is above the limit; in the end nothing is left, and nothing was passed over.
final class ShareOracle {
    static let deliveryCountMax = 3

    private struct Holding {
        var who: String
        var until: Instant
    }

    private var holdings: [Int64: Holding] = [:]
    private var final: [Int64: Instant] = [:]
    private var told: Set<Int64> = []
    private var counts: [Int64: Int] = [:]
    /// Until when a member that is not heard of is sure to be one.
    private var memberUntil: [String: Instant] = [:]
    private var endedAt = Instant(nanoseconds: .min)
    /// Fetches whose answers were lost: what came with them counts.
    private(set) var lostFetchCount = 0

    func heard(of who: String, until: Instant) { memberUntil[who] = until }

    /// The broker ended, or cannot keep states: nobody has anything any more, and what comes on its
    /// way was so before.
    func forget(at now: Instant) {
        holdings = [:]
        endedAt = now
    }

    /// A member lets go of all that it has.
    func release(_ who: String) { holdings = holdings.filter { $0.value.who != who } }

    func lostFetch() { lostFetchCount += 1 }

    /// A member got a record.
    func delivered(
        _ offset: Int64, count: Int, to who: String, asked start: Instant, until: Instant,
        at now: Instant
    ) -> [String] {
        var complaints: [String] = []
        // It may have come before, and what it came with was forgotten while it was on its way.
        if let done = final[offset], start > endedAt || start > done {
            complaints.append("\(who) gets \(offset), which was accepted or rejected")
        }
        if !(1...Self.deliveryCountMax).contains(count) {
            complaints.append("\(who) gets \(offset) for the \(count). time")
        }
        if start > endedAt, let other = holdings[offset], other.who != who, other.until > now,
            memberUntil[other.who].map({ $0 > now }) == true
        {
            complaints.append("\(who) gets \(offset), which \(other.who) has")
        }
        counts[offset] = max(counts[offset] ?? 0, count)
        if start > endedAt { holdings[offset] = Holding(who: who, until: until) }
        return complaints
    }

    /// A member says something final, or not, about a record: from now on others may get it.
    func say(_ offset: Int64, isFinal: Bool) {
        holdings[offset] = nil
        if isFinal { told.insert(offset) }
    }

    /// What was final is known to be taken.
    func taken(_ offset: Int64, at now: Instant) { final[offset] = now }

    /// Nothing may be left of the records that there are.
    func checkEnd(_ offsets: [Int64]) -> [String] {
        offsets.compactMap { offset in
            guard !told.contains(offset) else { return nil }
            let count = counts[offset] ?? 0
            guard count + lostFetchCount < Self.deliveryCountMax else { return nil }
            return "\(offset) was delivered \(count) times, and nobody was done with it"
        }
    }
}
