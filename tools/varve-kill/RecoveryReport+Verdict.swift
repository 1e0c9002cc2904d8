internal import VarveLog

extension RecoveryReport {
    /// What a kill cannot do, though the report says that it happened; nil when there is nothing.
    var impossible: String? {
        if let first = damaged.first { return "recovery reports damage: \(first)" }
        if let first = gaps.first { return "recovery reports a gap at offsets \(first)" }
        guard let cut, case .possiblyAcknowledged(let offsets) = cut.standing else { return nil }
        return "recovery cut \(cut.size) bytes (\(cut.reason)) and says that offsets \(offsets) "
            + "may have been acknowledged, though the system never stopped"
    }
}
