/// The text of a `server.properties` file: `name=value`, one on each line.
///
/// As Java reads it: `#` and `!` begin comments; `=`, `:` or white space end the name; a backslash
/// at the end of a line goes on with the next one; `\t`, `\n`, `\r`, `\f`, `\uXXXX` and an escaped
/// letter stand for themselves. The last of several values counts.
public struct PropertiesText: Hashable, Sendable {
    public private(set) var values: [String: String] = [:]

    /// - Throws: `SettingsError.unreadable` with the line's number.
    public init(parsing text: String) throws(SettingsError) {
        var pending = ""
        var first = 0
        // By scalars: a carriage return and a line feed are one character.
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        for (place, scalars) in lines.enumerated() {
            var line = Substring(scalars).drop { $0.isBlank }
            if line.last == "\r" { line.removeLast() }
            if pending.isEmpty {
                guard let start = line.first, start != "#", start != "!" else { continue }
                first = place + 1
            }
            if line.reversed().prefix(while: { $0 == "\\" }).count % 2 == 1 {
                pending += line.dropLast()
                continue
            }
            try take(pending + line, line: first)
            pending = ""
        }
        if !pending.isEmpty { try take(pending, line: first) }
    }

    private mutating func take(_ line: String, line number: Int) throws(SettingsError) {
        var name = ""
        var rest = Substring(line)
        while let letter = rest.first, letter != "=", letter != ":", !letter.isBlank {
            name += String(try Self.letter(of: &rest, line: number))
        }
        rest = rest.drop { $0.isBlank }
        if rest.first == "=" || rest.first == ":" { rest = rest.dropFirst().drop { $0.isBlank } }
        var value = ""
        while !rest.isEmpty { value += String(try Self.letter(of: &rest, line: number)) }
        guard !name.isEmpty else {
            throw .unreadable(line: number, reason: "there is no name before the value")
        }
        values[name] = value
    }

    /// Takes one letter, escaped or not.
    private static func letter(
        of rest: inout Substring, line: Int
    ) throws(SettingsError) -> Character {
        let letter = rest.removeFirst()
        guard letter == "\\", let escaped = rest.popFirst() else { return letter }
        switch escaped {
        case "t": return "\t"
        case "n": return "\n"
        case "r": return "\r"
        case "f": return "\u{C}"
        case "u":
            guard let code = UInt32(rest.prefix(4), radix: 16), rest.prefix(4).count == 4,
                let scalar = Unicode.Scalar(code)
            else { throw .unreadable(line: line, reason: "\\u needs four hexadecimal digits") }
            rest.removeFirst(4)
            return Character(scalar)
        default: return escaped
        }
    }
}

extension Character {
    fileprivate var isBlank: Bool { self == " " || self == "\t" || self == "\u{C}" }
}
