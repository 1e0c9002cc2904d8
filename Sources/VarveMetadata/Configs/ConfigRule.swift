/// Which values of a property are lawful.
public enum ConfigRule: Hashable, Sendable {
    case any
    /// A number in these bounds, or one of the values outside them.
    case range(min: Double, max: Double?, also: [Double])
    /// One of these, or of a list each one.
    case oneOf([String], ignoringCase: Bool)
    case notEmpty

    /// Reads the rules as the tables write them: `[0,...]`, `[1,...,9] or -1`, `[a, b]`,
    /// `non-empty string`.
    init?(_ text: String) {
        if text.isEmpty || text == "non-null string" || text.contains(":") {
            self = .any
        } else if text.hasPrefix("non-empty") {
            self = .notEmpty
        } else {
            self.init(bracketed: text)
        }
    }

    private init?(bracketed text: String) {
        let ignoringCase = text.hasPrefix("(case insensitive) ")
        guard let open = text.firstIndex(of: "["), let close = text.lastIndex(of: "]") else {
            return nil
        }
        let parts = text[text.index(after: open)..<close].split(separator: ",")
            .map { String($0).trimmed }
        guard parts.contains("...") else {
            self = .oneOf(parts, ignoringCase: ignoringCase)
            return
        }
        guard let min = parts.first.flatMap(Double.init) else { return nil }
        let also = text[close...].split(separator: " ").compactMap { Double($0) }
        self = .range(min: min, max: parts.last.flatMap(Double.init), also: also)
    }

    /// What is wrong with a value; nil when nothing is.
    func complaint(about value: ConfigValue) -> String? {
        switch (self, value) {
        case (.range(let min, let max, let also), .integer(let number)):
            Self.complaint(about: Double(number), min, max, also)
        case (.range(let min, let max, let also), .double(let number)):
            Self.complaint(about: number, min, max, also)
        case (.oneOf(let lawful, let ignoringCase), .text(let text)):
            Self.isIn(lawful, text, ignoringCase)
                ? nil : "String must be one of: \(lawful.joined(separator: ", "))"
        case (.oneOf(let lawful, let ignoringCase), .list(let texts)):
            texts.allSatisfy { Self.isIn(lawful, $0, ignoringCase) }
                ? nil : "String must be one of: \(lawful.joined(separator: ", "))"
        case (.notEmpty, .text("")): "String must be non-empty"
        default: nil
        }
    }

    private static func complaint(
        about number: Double, _ min: Double, _ max: Double?, _ also: [Double]
    ) -> String? {
        if also.contains(number) { return nil }
        if let other = also.first, let max, number < min || number > max {
            return "Value must be between \(spelled(min)) and \(spelled(max)) or equal to "
                + spelled(other)
        }
        if number < min { return "Value must be at least \(spelled(min))" }
        if let max, number > max { return "Value must be no more than \(spelled(max))" }
        return nil
    }

    private static func spelled(_ number: Double) -> String {
        Int64(exactly: number).map { "\($0)" } ?? "\(number)"
    }

    private static func isIn(_ lawful: [String], _ text: String, _ ignoringCase: Bool) -> Bool {
        ignoringCase
            ? lawful.contains { $0.lowercased() == text.lowercased() } : lawful.contains(text)
    }
}
