/// One JSON object of texts and numbers on one line (RFC 8259, without nesting).
enum FlatJSON {
    enum Value: Hashable {
        case text(String)
        /// As it was written.
        case number(String)

        /// A number without sign or fraction.
        var count: Int? {
            guard case .number(let digits) = self, let count = Int(digits), count >= 0 else {
                return nil
            }
            return count
        }
    }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case _ where scalar.value < 32: quoted += " "
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// - Returns: nil for anything but one such object.
    static func fields(of line: some StringProtocol) -> [String: Value]? {
        var rest = Substring(line).unicodeScalars[...]
        var fields: [String: Value] = [:]
        guard take("{", &rest) else { return nil }
        while !take("}", &rest) {
            guard fields.isEmpty || take(",", &rest), let key = text(&rest), take(":", &rest),
                let value = value(&rest), fields.updateValue(value, forKey: key) == nil
            else { return nil }
        }
        skipBlanks(&rest)
        return rest.isEmpty ? fields : nil
    }

    private typealias Rest = Substring.UnicodeScalarView

    private static func skipBlanks(_ rest: inout Rest) {
        rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" }
    }

    private static func take(_ wanted: Unicode.Scalar, _ rest: inout Rest) -> Bool {
        skipBlanks(&rest)
        guard rest.first == wanted else { return false }
        rest.removeFirst()
        return true
    }

    private static func value(_ rest: inout Rest) -> Value? {
        skipBlanks(&rest)
        if rest.first == "\"" { return text(&rest).map { .text($0) } }
        let digits = rest.prefix { "0123456789.-+eE".unicodeScalars.contains($0) }
        rest = rest[digits.endIndex...]
        return digits.isEmpty ? nil : .number(String(digits))
    }

    private static func text(_ rest: inout Rest) -> String? {
        guard take("\"", &rest) else { return nil }
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(text)
            case "\\":
                guard let escaped = escape(&rest) else { return nil }
                text.append(escaped)
            default: text.append(scalar)
            }
        }
        return nil
    }

    private static func escape(_ rest: inout Rest) -> Unicode.Scalar? {
        switch rest.popFirst() {
        case "n": return "\n"
        case "t": return "\t"
        case "r": return "\r"
        case "b": return "\u{8}"
        case "f": return "\u{c}"
        case "u":
            let digits = String(rest.prefix(4))
            rest = rest.dropFirst(4)
            return UInt32(digits, radix: 16).flatMap { Unicode.Scalar($0) }
        case let scalar?: return scalar
        case nil: return nil
        }
    }
}
