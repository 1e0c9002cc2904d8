import VarveTerms

/// What one request or one look at the timers works with: the time, the limits, and the effects
/// so far.
struct Turn {
    let now: Moment
    let settings: GroupSettings
    var effects: [GroupEffect]

    mutating func answer(_ token: RequestToken, _ answer: GroupAnswer) {
        effects.append(.answer(token, answer))
    }

    mutating func append(_ records: [GroupRecord]) { effects.append(records, in: settings) }

    func deadline(after duration: Duration) -> Instant { now.instant.advanced(by: duration) }
}
