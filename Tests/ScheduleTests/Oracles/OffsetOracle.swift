import VarveTerms

/// One committed offset as its writers and readers saw it.
///
/// Whoever reads gets what the last writer wrote, where both orders are possible either of them. A
/// write took place between its request and its answer; one without an answer took place then, or
/// later, or never.
struct OffsetRegister {
    enum Outcome { case unknown, applied, refused }

    private struct Write {
        var value: Int64
        var begun: Instant
        var ended = Instant(nanoseconds: .max)
        var outcome = Outcome.unknown
    }

    private var writes: [Write] = []

    mutating func begin(_ value: Int64, at now: Instant) -> Int {
        writes.append(Write(value: value, begun: now))
        return writes.count - 1
    }

    mutating func end(_ number: Int, _ outcome: Outcome, at now: Instant) {
        writes[number].outcome = outcome
        writes[number].ended = now
    }

    /// What somebody may find who asked at `start` and heard at `end`; −1 where nothing is.
    func allowed(from start: Instant, to end: Instant) -> Set<Int64> {
        let known = writes.filter { $0.outcome == .applied && $0.ended < start }
        var allowed: Set<Int64> = known.isEmpty ? [-1] : []
        for write in writes where write.outcome != .refused && write.begun <= end {
            let isReplaced = known.contains { $0.begun > write.ended }
            if !isReplaced { allowed.insert(write.value) }
        }
        return allowed
    }
}

/// Offsets of groups: what was committed is found, across crashes, and nothing else is.
final class OffsetOracle {
    private var registers: [String: OffsetRegister] = [:]

    func begin(_ value: Int64, of key: String, at now: Instant) -> Int {
        registers[key, default: OffsetRegister()].begin(value, at: now)
    }

    func end(
        _ number: Int, of key: String, _ outcome: OffsetRegister.Outcome, at now: Instant
    ) {
        registers[key]?.end(number, outcome, at: now)
    }

    func read(
        _ value: Int64, of key: String, from start: Instant, to end: Instant
    ) -> [String] {
        let allowed = registers[key, default: OffsetRegister()].allowed(from: start, to: end)
        guard !allowed.contains(value) else { return [] }
        return ["\(key) is at \(value), allowed are \(allowed.sorted())"]
    }
}
