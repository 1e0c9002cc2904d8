/// What happened, in numbers.
struct KillTally {
    var kills = 0
    /// Kills before the child told of any record.
    var earlyKills = 0
    /// Kills after the child began to close the log.
    var closingKills = 0
    /// Recoveries by the parent, each followed by a check of all records.
    var checks = 0
    var cutSize = 0
    var violations: [Violation] = []

    func line(model: LogModel, seed: UInt64, seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(kills) kills (\(earlyKills) before the first acknowledgement, \(closingKills) "
            + "while closing), \(checks) checks, \(model.acknowledgedCount) acknowledged records, "
            + "\(model.unacknowledgedCount) unacknowledged kept, \(cutSize) bytes cut, "
            + "\(violations.count) violations, seed 0x\(String(seed, radix: 16)), "
            + "\(tenths / 10).\(tenths % 10) s"
    }
}
