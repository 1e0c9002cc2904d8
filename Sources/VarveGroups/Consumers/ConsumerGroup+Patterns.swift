import VarveTerms

/// Subscriptions by regular expression: what they match is recorded, and looked for after the
/// answer that brought them, so that a member learns of it with its next heartbeat.
extension ConsumerGroup {
    /// How long what was found stays, whatever becomes of topics: searching takes time.
    static let patternAgeMin: Duration = .seconds(10)

    /// Searches for expressions that are new, or that were searched for in other topics; forgets
    /// those of nobody.
    mutating func resolvePatterns(_ turn: inout ConsumerTurn) {
        // Each heartbeat comes here, and few groups have patterns.
        let hasPatterns = members.values.contains { !$0.profile.subscribedPattern.isEmpty }
        guard hasPatterns || !patterns.isEmpty else { return }
        let wanted = Set(members.values.map(\.profile.subscribedPattern)).subtracting([""])
        for text in Set(patterns.keys).subtracting(wanted).sorted() {
            write(.pattern(text, nil), &turn)
        }
        var hasChanged = false
        for text in wanted.sorted() {
            let known = patterns[text]
            if let known, !isOld(known, turn) { continue }
            let stored = search(text, turn)
            if stored.topics != known?.topics ?? [] { hasChanged = true }
            write(.pattern(text, stored), &turn)
        }
        if hasChanged { refreshEpoch(true, &turn) }
    }

    private func isOld(_ stored: StoredPattern, _ turn: ConsumerTurn) -> Bool {
        guard stored.version != turn.topics.version else { return false }
        let age = turn.now.timestamp.milliseconds(since: stored.timestamp)
        return age < 0 || age >= Self.patternAgeMin.wholeMilliseconds
    }

    /// The topics that match, without those that the broker keeps for itself. None when there are
    /// more than a record holds: a part of them would be worse.
    private func search(_ text: String, _ turn: ConsumerTurn) -> StoredPattern {
        var stored = StoredPattern(
            topics: [], version: turn.topics.version, timestamp: turn.now.timestamp)
        do throws(PatternError) {
            let pattern = try TopicPattern(text)
            stored.topics = Set(turn.topics.clientNames.filter { pattern.matches($0) })
        } catch {
            // From a record: requests with such an expression are refused.
            return stored
        }
        let size = GroupRecord.consumer(id, .pattern(text, stored)).sizeMax
        if size > turn.settings.groupRecordSizeMax.bytes { stored.topics = [] }
        return stored
    }
}
