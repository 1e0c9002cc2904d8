/// Tells Swift code from comments and literal text, byte by byte, without understanding either.
///
/// The outcome is two copies of the source of the same length: one with everything but code
/// blanked, one with everything but comments. Newlines stay, so that places and lines agree in
/// all three. Code inside an interpolation counts as code; a bare `/regex/` is not recognised.
struct SwiftLexer {
    private let bytes: [UInt8]
    private var place = 0
    private(set) var code: [UInt8]
    private(set) var comments: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let blank = bytes.map { $0 == Self.newline ? $0 : UInt8(ascii: " ") }
        (code, comments) = (blank, blank)
        scanCode(endsAtParenthesis: false)
    }

    private static let newline = UInt8(ascii: "\n")

    private func byte(at place: Int) -> UInt8? { place < bytes.count ? bytes[place] : nil }

    private func stands(_ text: String, at start: Int) -> Bool {
        text.utf8.enumerated().allSatisfy { byte(at: start + $0.offset) == $0.element }
    }

    private mutating func scanCode(endsAtParenthesis: Bool) {
        var depth = 0
        while let byte = byte(at: place) {
            if stands("//", at: place) {
                scanLineComment()
            } else if stands("/*", at: place) {
                scanBlockComment()
            } else if let hashes = hashesBeforeQuote() {
                scanString(hashes: hashes)
            } else {
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") {
                    if endsAtParenthesis, depth == 0 {
                        place += 1
                        return
                    }
                    depth -= 1
                }
                code[place] = byte
                place += 1
            }
        }
    }

    private mutating func scanLineComment() {
        while let byte = byte(at: place), byte != Self.newline {
            comments[place] = byte
            place += 1
        }
    }

    private mutating func scanBlockComment() {
        var depth = 0
        repeat {
            let step: Int
            if stands("/*", at: place) {
                (depth, step) = (depth + 1, 2)
            } else if stands("*/", at: place) {
                (depth, step) = (depth - 1, 2)
            } else {
                step = 1
            }
            for _ in 0..<step where place < bytes.count {
                comments[place] = bytes[place]
                place += 1
            }
        } while depth > 0 && place < bytes.count
    }

    /// How many `#` stand here before a quotation mark; nil when no string starts here.
    private func hashesBeforeQuote() -> Int? {
        var end = place
        while byte(at: end) == UInt8(ascii: "#") { end += 1 }
        return byte(at: end) == UInt8(ascii: "\"") ? end - place : nil
    }

    private func hashesStand(_ count: Int, at start: Int) -> Bool {
        (start..<start + count).allSatisfy { byte(at: $0) == UInt8(ascii: "#") }
    }

    /// Whether `"""` stands here with nothing but spaces after it in its line: `#"""#` does not
    /// open a multi-line string.
    private func multilineOpens(at start: Int) -> Bool {
        guard stands("\"\"\"", at: start) else { return false }
        var end = start + 3
        while let byte = byte(at: end), byte == 0x20 || byte == 0x0D || byte == 0x09 { end += 1 }
        return byte(at: end) == Self.newline
    }

    private mutating func scanString(hashes: Int) {
        place += hashes
        let isMultiline = multilineOpens(at: place)
        let quotes = isMultiline ? 3 : 1
        place += quotes
        while let byte = byte(at: place) {
            if byte == Self.newline, !isMultiline { return }
            if byte == UInt8(ascii: "\\"), hashesStand(hashes, at: place + 1) {
                place += 1 + hashes
                if self.byte(at: place) == UInt8(ascii: "(") {
                    place += 1
                    scanCode(endsAtParenthesis: true)
                } else if self.byte(at: place) != Self.newline {
                    place += 1
                }
                continue
            }
            let closes = isMultiline ? stands("\"\"\"", at: place) : byte == UInt8(ascii: "\"")
            if closes, hashesStand(hashes, at: place + quotes) {
                place += quotes + hashes
                return
            }
            place += 1
        }
    }
}
