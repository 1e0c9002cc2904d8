/// What one program counted of one row, as a line of JSON; `docs/internals/proofs.md` describes it.
package struct ProofLine: Hashable, Sendable {
    package var row: String
    package var what: String
    package var cases = 0
    package var distinct = 0
    package var seconds = 0.0
    package var violations = 0
    package var goal = 0
    package var seed: UInt64 = 0
    package var note = ""

    package init(row: String, what: String) {
        self.row = row
        self.what = what
    }

    /// Whether it is a row that could not run.
    package var couldNotRun: Bool { cases == 0 }

    /// Adds what another program counted of the same.
    package mutating func add(_ other: ProofLine) {
        cases += other.cases
        distinct += other.distinct
        violations += other.violations
        seconds = max(seconds, other.seconds)
        goal = max(goal, other.goal)
        note = Self.sum(of: note, and: other.note)
    }

    /// Adds up notes that are counts, `.log 12, .index 3`; others stand side by side.
    private static func sum(of note: String, and other: String) -> String {
        if note.isEmpty || note == other { return other }
        if other.isEmpty { return note }
        guard let left = counts(of: note), let right = counts(of: other) else {
            return "\(note); \(other)"
        }
        return left.merging(right, uniquingKeysWith: +).sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    private static func counts(of note: String) -> [String: Int]? {
        var counts: [String: Int] = [:]
        for part in note.split(separator: ",") {
            let words = part.split(separator: " ")
            guard let last = words.last, let count = Int(last), words.count > 1 else { return nil }
            counts[words.dropLast().joined(separator: " ")] = count
        }
        return counts
    }
}

extension ProofLine: CustomStringConvertible {
    /// One line of JSON, without its end.
    package var description: String {
        let tenths = Int((seconds * 10).rounded())
        let fields: [(String, String)] = [
            ("row", FlatJSON.quoted(row)), ("what", FlatJSON.quoted(what)), ("cases", "\(cases)"),
            ("distinct", "\(distinct)"), ("seconds", "\(tenths / 10).\(tenths % 10)"),
            ("violations", "\(violations)"), ("goal", "\(goal)"), ("seed", "\(seed)"),
            ("note", FlatJSON.quoted(note)),
        ]
        return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    /// - Returns: nil unless `text` is an object with all nine keys and lawful values.
    package init?(parsing text: some StringProtocol) {
        guard let fields = FlatJSON.fields(of: text),
            case .text(let row)? = fields["row"], case .text(let what)? = fields["what"],
            let cases = fields["cases"]?.count, let distinct = fields["distinct"]?.count,
            case .number(let seconds)? = fields["seconds"], let goal = fields["goal"]?.count,
            let violations = fields["violations"]?.count, let seed = fields["seed"]?.count,
            case .text(let note)? = fields["note"]
        else { return nil }
        self.init(row: row, what: what)
        (self.cases, self.distinct, self.violations) = (cases, distinct, violations)
        (self.goal, self.seed, self.note) = (goal, UInt64(seed), note)
        self.seconds = Double(seconds) ?? 0
    }
}

/// A promise that was broken, and the command that shows it again; a line of JSON as well.
package struct ViolationLine: Hashable, Sendable {
    /// How many of one row are told.
    package static let countMax = 20

    package var row: String
    package var violation: String
    package var replay: String

    package init(row: String, violation: String, replay: String) {
        (self.row, self.violation, self.replay) = (row, violation, replay)
    }
}

extension ViolationLine: CustomStringConvertible {
    /// One line of JSON, without its end.
    package var description: String {
        let fields = [("row", row), ("violation", violation), ("replay", replay)]
        return "{" + fields.map { "\"\($0)\":\(FlatJSON.quoted($1))" }.joined(separator: ",") + "}"
    }

    /// - Returns: nil unless `text` is an object with these three texts.
    package init?(parsing text: some StringProtocol) {
        guard let fields = FlatJSON.fields(of: text), case .text(let row)? = fields["row"],
            case .text(let violation)? = fields["violation"],
            case .text(let replay)? = fields["replay"]
        else { return nil }
        self.init(row: row, violation: violation, replay: replay)
    }
}
