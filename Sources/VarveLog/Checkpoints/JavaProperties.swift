/// Keys and values as Java's `Properties` reads and writes them: the part of the format that does
/// not depend on what the keys mean. Files of a data directory have it, and so has a node's
/// `server.properties`.
///
/// *Source*: `java.util.Properties.load(InputStream)`, docs/formats/meta-properties.md.
package enum JavaProperties {
    /// One key with its value, and the line in which it begins.
    package struct Property: Hashable {
        package var key: String
        package var value: String
        package var line: Int
    }

    /// The properties of a file in order; a key may stand there twice, and its last value counts.
    /// - Throws: for a `\u` without four digits, and for half a surrogate pair, with the line.
    package static func parse(_ bytes: [UInt8]) throws(CheckpointDefect) -> [Property] {
        var lines = TextLines(bytes)
        var properties: [Property] = []
        while let natural = lines.next() {
            let line = lines.number
            var text = bytes[natural].drop(while: isBlankWithinLine)
            guard let first = text.first, first != UInt8(ascii: "#"), first != UInt8(ascii: "!")
            else { continue }
            while endsInBackslash(text) {
                text.removeLast()
                guard let next = lines.next() else { break }
                text += bytes[next].drop(while: isBlankWithinLine)
            }
            let (key, value) = split(text)
            properties.append(
                Property(
                    key: try unescaped(key, line: line), value: try unescaped(value, line: line),
                    line: line))
        }
        return properties
    }

    private static func isBlankWithinLine(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0C
    }

    /// Whether a line goes on in the next: it ends in an odd number of backslashes.
    private static func endsInBackslash(_ text: ArraySlice<UInt8>) -> Bool {
        let others = text.lastIndex { $0 != UInt8(ascii: "\\") }
        return (text.endIndex - (others.map { $0 + 1 } ?? text.startIndex)) % 2 == 1
    }

    /// Cuts at the first blank, `=` or `:` that no backslash stands before; blanks around go, and
    /// so does one `=` or `:` after a blank.
    private static func split(
        _ text: ArraySlice<UInt8>
    ) -> (key: ArraySlice<UInt8>, value: ArraySlice<UInt8>) {
        let isSeparator: (UInt8) -> Bool = { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
        var end = text.startIndex
        while end < text.endIndex, !isBlankWithinLine(text[end]), !isSeparator(text[end]) {
            end += text[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        end = min(end, text.endIndex)
        var value = text[end...].drop(while: isBlankWithinLine)
        if let first = value.first, isSeparator(first) {
            value = value.dropFirst().drop(while: isBlankWithinLine)
        }
        return (text[..<end], value)
    }

    /// Undoes `\t \n \r \f \uXXXX`; before any other letter a backslash says nothing. Bytes are
    /// Latin-1.
    private static func unescaped(
        _ text: ArraySlice<UInt8>, line: Int
    ) throws(CheckpointDefect) -> String {
        var units: [UInt16] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                units.append(UInt16(byte))
                continue
            }
            guard let letter = rest.popFirst() else { break }
            switch letter {
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "n"): units.append(0x0A)
            case UInt8(ascii: "f"): units.append(0x0C)
            case UInt8(ascii: "r"): units.append(0x0D)
            case UInt8(ascii: "u"):
                guard let unit = hexadecimal(rest.prefix(4)) else {
                    throw defect(text, "\\u and four hexadecimal digits", line: line)
                }
                units.append(unit)
                rest = rest.dropFirst(4)
            default: units.append(UInt16(letter))
            }
        }
        guard let string = String(validating: units, as: UTF16.self) else {
            throw defect(text, "\\u surrogates in pairs", line: line)
        }
        return string
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard digits.count == 4 else { return nil }
        var value: UInt16 = 0
        for digit in digits {
            guard let number = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            value = value << 4 | UInt16(number)
        }
        return value
    }

    private static func defect(
        _ text: ArraySlice<UInt8>, _ expected: String, line: Int
    ) -> CheckpointDefect {
        let found = CheckpointDefect.excerpt(text)
        return CheckpointDefect(line: line, .shape(found: found, expected: expected))
    }

    /// The line that Java reads back as this key and value, in ASCII.
    static func printed(key: String, value: String) -> String {
        escaped(key, spaces: .all) + "=" + escaped(value, spaces: .leading) + "\n"
    }

    private enum EscapedSpaces { case all, leading }

    private static func escaped(_ text: String, spaces: EscapedSpaces) -> String {
        var result = ""
        for (place, unit) in text.utf16.enumerated() {
            switch unit {
            case 0x20: result += spaces == .all || place == 0 ? "\\ " : " "
            case 0x09: result += "\\t"
            case 0x0A: result += "\\n"
            case 0x0C: result += "\\f"
            case 0x0D: result += "\\r"
            case 0x21, 0x23, 0x3A, 0x3D, 0x5C:  // ! # : = \
                result += "\\"
                result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            case 0x21...0x7E: result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16, uppercase: true)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            }
        }
        return result
    }
}
