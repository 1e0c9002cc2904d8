/// How long files, functions and lines may be.
enum SizeRules {
    static let fileLinesMax = 500
    static let functionLinesMax = 70
    static let lineColumnsMax = 100

    static func longFile(in source: SourceText) -> [Finding] {
        let count = source.lines.count
        guard count > fileLinesMax else { return [] }
        return [
            source.finding(
                line: fileLinesMax + 1, "the file has \(count) lines, \(fileLinesMax) are allowed")
        ]
    }

    /// A line that carries a URL in a comment may be longer, because a cut URL is of no use.
    static func longLines(in source: SourceText) -> [Finding] {
        source.lines.enumerated().compactMap { index, line in
            guard line.utf8.count > lineColumnsMax, line.unicodeScalars.count > lineColumnsMax,
                !(line.contains("//") && line.contains("://"))
            else { return nil }
            return source.finding(
                line: index + 1,
                "the line has \(line.unicodeScalars.count) columns, \(lineColumnsMax) are allowed")
        }
    }

    static func longFunctions(in source: SourceText) -> [Finding] {
        functions(of: source.code).compactMap { function in
            let count = function.lines.count
            guard count > functionLinesMax else { return nil }
            return source.finding(
                line: function.lines.lowerBound,
                "\(function.name) has \(count) lines, \(functionLinesMax) are allowed")
        }
    }

    struct Function: Hashable {
        var name: String
        /// From the line of the keyword to the line of the closing brace.
        var lines: ClosedRange<Int>
    }

    /// Functions, initialisers, subscripts and computed properties that have a body, nested ones
    /// as well.
    static func functions(of code: SwiftCode) -> [Function] {
        code.tokens.indices.compactMap { place in
            let token = code.tokens[place]
            let previous = code.token(place - 1).text
            guard keywords.contains(token.text), previous != ".", previous != "`",
                let open = bodyStart(of: place, in: code)
            else { return nil }
            let close = bodyEnd(from: open, in: code)
            let name = code.token(place + 1)
            let isNamed = name.isWord && token.text != "init"
            return Function(
                name: isNamed ? "\(token.text) \(name.text)" : token.text,
                lines: token.line...code.tokens[close].line)
        }
    }

    private static let keywords: Set<String> = ["func", "init", "deinit", "subscript", "var"]

    /// Words that start another declaration: met before a brace, they tell that a requirement of
    /// a protocol ended without a body.
    private static let stops: Set<String> = [
        "func", "init", "deinit", "subscript", "var", "let", "case", "struct", "class", "enum",
        "actor", "protocol", "extension", "typealias", "associatedtype", "import", "return",
    ]

    /// The brace that opens the body of the declaration at `place`, nil when it has none.
    private static func bodyStart(of place: Int, in code: SwiftCode) -> Int? {
        let isVariable = code.tokens[place].text == "var"
        var depth = 0
        for next in (place + 1)..<max(place + 1, code.tokens.count) {
            let token = code.tokens[next]
            switch token.text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return next
            case "}", ";": if depth <= 0 { return nil }
            // A stored property: what stands behind `=` is no body.
            case "=" where isVariable && depth == 0: return nil
            default:
                if depth < 0 { return nil }
                let previous = code.tokens[next - 1].text
                let isStop = stops.contains(token.text) && previous != "." && previous != "`"
                if depth == 0, next > place + 1, isStop { return nil }
                // A property without a type annotation's brace ends with its line.
                if isVariable, depth == 0, token.line > code.tokens[next - 1].line,
                    previous != ":", previous != ",", previous != "&"
                {
                    return nil
                }
            }
        }
        return nil
    }

    private static func bodyEnd(from open: Int, in code: SwiftCode) -> Int {
        var depth = 0
        for place in open..<code.tokens.count {
            if code.tokens[place].text == "{" { depth += 1 }
            if code.tokens[place].text == "}" { depth -= 1 }
            if depth == 0 { return place }
        }
        return code.tokens.count - 1
    }
}
