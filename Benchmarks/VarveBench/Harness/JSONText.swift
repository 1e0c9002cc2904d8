/// A value in JSON (RFC 8259), for reports.
enum JSONText {
    case object([(name: String, value: JSONText)])
    case array([JSONText])
    case text(String)
    case integer(Int64)
    case number(Double)
    case truth(Bool)
    case null

    static func optional(_ text: String?) -> JSONText { text.map { .text($0) } ?? .null }

    /// The value in one line.
    var line: String {
        switch self {
        case .object(let members):
            "{"
                + members.map { Self.quoted($0.name) + ":" + $0.value.line }
                .joined(separator: ",") + "}"
        case .array(let values): "[" + values.map(\.line).joined(separator: ",") + "]"
        case .text(let text): Self.quoted(text)
        case .integer(let number): String(number)
        // JSON has no infinity; Swift's shortest form of other numbers is lawful JSON.
        case .number(let number): number.isFinite ? String(number) : "null"
        case .truth(let isTrue): isTrue ? "true" : "false"
        case .null: "null"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
