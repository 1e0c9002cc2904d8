import VarveTerms

/// Transactions as their producers know them.
///
/// *Rules*: readers of what is committed see nothing of a transaction before somebody asked for its
/// commit, nothing ever of one that was aborted, and in the end all or nothing of each.
final class TransactionOracle {
    enum Outcome { case open, asked, committed, aborted, unknown }

    private struct Attempt {
        var name: String
        var epoch: Int16
        var values: [String: [Int]] = [:]
        var offset: (key: String, number: Int)?
        var outcome = Outcome.open
        var wasSeen = false
    }

    private let records: RecordOracle
    private let offsets: OffsetOracle
    private var attempts: [Attempt] = []

    init(_ records: RecordOracle, _ offsets: OffsetOracle) {
        self.records = records
        self.offsets = offsets
    }

    func begin(by name: String, epoch: Int16) -> Int {
        attempts.append(Attempt(name: name, epoch: epoch))
        return attempts.count - 1
    }

    func send(_ value: Int, to place: String, in number: Int) {
        attempts[number].values[place, default: []].append(value)
        records.send(value, to: place, in: number)
    }

    func keep(_ offset: Int64, of key: String, in number: Int, at now: Instant) {
        let write = offsets.begin(offset, of: key, at: now)
        if let old = attempts[number].offset {
            offsets.end(old.number, of: old.key, .refused, at: now)
        }
        attempts[number].offset = (key, write)
    }

    func outcome(of number: Int) -> Outcome { attempts[number].outcome }

    func askCommit(of number: Int) {
        if attempts[number].outcome == .open { attempts[number].outcome = .asked }
    }

    /// The producer learns what became of a transaction, or that it never will.
    func end(_ number: Int, _ outcome: Outcome, at now: Instant) -> [String] {
        let attempt = attempts[number]
        var complaints: [String] = []
        if outcome == .aborted, attempt.wasSeen {
            complaints.append("\(attempt.name) \(number) was seen, and is aborted")
        }
        if outcome == .committed, attempt.outcome == .aborted {
            complaints.append("\(attempt.name) \(number) is committed, and was aborted")
            return complaints
        }
        attempts[number].outcome = outcome
        if let (key, write) = attempt.offset {
            switch outcome {
            case .committed: offsets.end(write, of: key, .applied, at: now)
            case .aborted: offsets.end(write, of: key, .refused, at: now)
            case .open, .asked, .unknown: break
            }
        }
        return complaints
    }

    /// A producer has its epoch: what those before it left open is aborted.
    func fence(_ name: String, before epoch: Int16, at now: Instant) -> [String] {
        var complaints: [String] = []
        for (number, attempt) in attempts.enumerated()
        where attempt.name == name && attempt.epoch < epoch {
            switch attempt.outcome {
            case .open: complaints += end(number, .aborted, at: now)
            case .asked, .unknown:
                attempts[number].outcome = .unknown
                if let (key, write) = attempt.offset, attempt.outcome == .asked {
                    offsets.end(write, of: key, .unknown, at: now)
                }
            case .committed, .aborted: break
            }
        }
        return complaints
    }

    /// Takes what somebody read of what is committed.
    func read(_ rows: [Frames.Row], of place: String) -> [String] {
        rows.compactMap { row in
            guard let number = records.attempt(of: row.value) else { return nil }
            attempts[number].wasSeen = true
            switch attempts[number].outcome {
            case .asked, .committed, .unknown: return nil
            case .open, .aborted:
                let attempt = attempts[number]
                return "\(place) shows \(row.value) of \(attempt.name) \(number), which is "
                    + "\(attempt.outcome)"
            }
        }
    }

    /// Takes all that is visible at the end.
    func checkEnd(_ visible: [String: [Frames.Row]]) -> [String] {
        let seen = visible.mapValues { Set($0.map(\.value)) }
        return attempts.enumerated().compactMap { number, attempt in
            let all = attempt.values.flatMap { place, values in values.map { (place, $0) } }
                .filter { seen[$0.0] != nil }
            let count = all.count { seen[$0.0]?.contains($0.1) == true }
            let isRight =
                switch attempt.outcome {
                case .committed: count == all.count
                case .open, .aborted: count == 0
                case .asked, .unknown: count == 0 && !attempt.wasSeen || count == all.count
                }
            return isRight
                ? nil
                : "\(attempt.name) \(number), \(attempt.outcome): \(count) of \(all.count) seen"
        }
    }
}
