/// What producers sent, what they were told of it, and what readers were shown.
///
/// *Rules*: nothing is shown that nobody sent there; a place in the log shows the same for good; a
/// value is shown once at most; what was acknowledged is shown in the end, what was refused is not.
final class RecordOracle {
    enum Outcome { case unknown, acknowledged, refused }

    private struct Sent {
        var place: String
        var outcome = Outcome.unknown
        /// In which transaction; nil outside of any.
        var attempt: Int?
    }

    private var sent: [Int: Sent] = [:]
    private var shown: [String: [Int64: Int]] = [:]

    func send(_ value: Int, to place: String, in attempt: Int? = nil) {
        sent[value] = Sent(place: place, attempt: attempt)
    }

    func end(_ value: Int, _ outcome: Outcome) { sent[value]?.outcome = outcome }

    func attempt(of value: Int) -> Int? { sent[value]?.attempt }

    /// Takes what somebody read.
    func read(_ rows: [Frames.Row], of place: String) -> [String] {
        rows.flatMap { row -> [String] in
            var complaints: [String] = []
            if let before = shown[place]?[row.offset], before != row.value {
                complaints.append("\(place) shows \(row.value) at \(row.offset), was \(before)")
            }
            shown[place, default: [:]][row.offset] = row.value
            switch sent[row.value] {
            case let one? where one.place == place:
                if one.outcome == .refused, one.attempt == nil {
                    complaints.append("\(place) shows \(row.value), which was refused")
                }
            default: complaints.append("\(place) shows \(row.value), which nobody sent there")
            }
            return complaints
        }
    }

    /// Takes all that is visible at the end.
    func checkEnd(_ rows: [Frames.Row], of place: String) -> [String] {
        var counts: [Int: Int] = [:]
        for row in rows { counts[row.value, default: 0] += 1 }
        var complaints = counts.filter { $0.value > 1 }.map {
            "\(place) shows \($0.key) \($0.value) times"
        }
        for (value, one) in sent where one.place == place && one.attempt == nil {
            if one.outcome == .acknowledged, counts[value] == nil {
                complaints.append("\(place) lost \(value), which was acknowledged")
            }
        }
        let byOffset = Dictionary(uniqueKeysWithValues: rows.map { ($0.offset, $0.value) })
        for (offset, value) in shown[place] ?? [:] where byOffset[offset] != value {
            if sent[value]?.attempt != nil { continue }
            complaints.append("\(place) lost \(value) at \(offset), which was read")
        }
        return complaints.sorted()
    }
}
