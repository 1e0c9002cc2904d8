/// A text file of the repository: its path from the root, and its text in the forms that rules
/// look at.
struct SourceText: Sendable {
    let path: String
    let text: String
    /// The lines, without their ends.
    let lines: [Substring]
    /// The text as Swift code, taken apart once for all rules; empty when it is something else.
    let code: SwiftCode

    init(_ path: String, _ text: String) {
        self.path = path
        self.text = text
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
        code = SwiftCode(path.hasSuffix(".swift") ? text : "")
    }

    var name: Substring {
        path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
    }
    var isSwift: Bool { path.hasSuffix(".swift") }
    var isMarkdown: Bool { path.hasSuffix(".md") }
    var isGenerated: Bool { path.contains("/Generated/") }

    func isUnder(_ folders: String...) -> Bool { folders.contains { path.hasPrefix($0 + "/") } }

    func finding(line: Int, _ text: String) -> Finding {
        Finding(path: path, line: line, text: text)
    }
}

/// A word or a single mark of Swift code.
struct Token: Hashable, Sendable {
    var text: String
    /// In bytes from the start of the file.
    var start: Int
    /// Counted from 1.
    var line: Int

    var isWord: Bool { text.utf8.first.map(Token.isLetter) ?? false }

    static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }
}

/// Swift source in the form that rules about code look at.
struct SwiftCode: Sendable {
    /// The code alone: no comments, no text of strings.
    let tokens: [Token]
    /// The comments, line by line.
    let comments: [Substring]
    let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
        let lexer = SwiftLexer(bytes)
        tokens = Self.tokens(of: lexer.code)
        comments = String(decoding: lexer.comments, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map { Substring($0) }
    }

    /// The token at `place`; an empty one outside of the file, so that rules may look around.
    func token(_ place: Int) -> Token {
        tokens.indices.contains(place) ? tokens[place] : Token(text: "", start: -1, line: 0)
    }

    /// Whether `texts` stand one after the other from `place` on, whatever blanks lie between.
    func stands(_ texts: String..., at place: Int) -> Bool {
        texts.indices.allSatisfy { token(place + $0).text == texts[$0] }
    }

    private static func tokens(of code: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        var (place, line) = (0, 1)
        while place < code.count {
            let start = place
            let byte = code[place]
            place += 1
            if byte == UInt8(ascii: "\n") { line += 1 }
            if byte <= 0x20 { continue }
            if Token.isLetter(byte) {
                while place < code.count, Token.isLetter(code[place]) { place += 1 }
            }
            let text = String(decoding: code[start..<place], as: UTF8.self)
            tokens.append(Token(text: text, start: start, line: line))
        }
        return tokens
    }
}
