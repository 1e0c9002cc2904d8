/// Constructs that the code does without.
enum CodeRules {
    /// Notes that promise work instead of doing it, in code and in comments.
    static let notes: Set<String> = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]

    static func notes(in source: SourceText) -> [Finding] {
        if source.isSwift {
            let code = source.code
            let inCode = code.tokens.compactMap { notes.contains($0.text) ? $0.line : nil }
            let inComments = code.comments.indices.compactMap {
                note(in: code.comments[$0]) != nil ? $0 + 1 : nil
            }
            return Set(inCode + inComments).sorted().map { noteFinding(source, $0) }
        }
        return source.lines.enumerated().compactMap { index, line in
            note(in: line) != nil ? noteFinding(source, index + 1) : nil
        }
    }

    private static func note(in line: Substring) -> Substring? {
        line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            .first { notes.contains(String($0)) }
    }

    private static func noteFinding(_ source: SourceText, _ line: Int) -> Finding {
        source.finding(line: line, "a note of work to do: do it, or write it down in docs/")
    }

    /// `try!`, `as!` and `fatalError` for what is not written yet.
    static func traps(in source: SourceText) -> [Finding] {
        let code = source.code
        return code.tokens.indices.compactMap { place in
            let line = code.tokens[place].line
            if code.stands("try", "!", at: place) {
                return source.finding(line: line, "`try!`: an error from outside must not trap")
            }
            if code.stands("as", "!", at: place) {
                return source.finding(line: line, "`as!`: a cast that fails must not trap")
            }
            guard code.stands("fatalError", "(", at: place) else { return nil }
            let argument = code.bytes[(code.token(place + 1).start + 1)...]
            return argument.starts(with: Array("\"unimplemented".utf8))
                ? source.finding(line: line, "unfinished code traps: finish it or leave it out")
                : nil
        }
    }

    /// `@unchecked Sendable` needs its reason within three lines, above or below.
    static func uncheckedSendable(in source: SourceText) -> [Finding] {
        let code = source.code
        return code.tokens.indices.compactMap { place in
            guard code.stands("@", "unchecked", "Sendable", at: place) else { return nil }
            let line = code.tokens[place].line
            let near = max(1, line - 3)...min(code.comments.count, line + 3)
            let hasReason = near.contains { code.comments[$0 - 1].contains("// @unchecked: ") }
            return hasReason
                ? nil
                : source.finding(line: line, "@unchecked Sendable without `// @unchecked: reason`")
        }
    }

    /// Text goes out through the command alone; waiting goes through the clock that is handed in.
    static func printingAndSleeping(in source: SourceText) -> [Finding] {
        guard source.isUnder("Sources") else { return [] }
        let code = source.code
        let mayPrint = source.isUnder("Sources/VarveCommand")
        return code.tokens.indices.compactMap { place in
            let token = code.tokens[place]
            if code.stands("Task", ".", "sleep", at: place) {
                return source.finding(line: token.line, "`Task.sleep`: wait on what happens")
            }
            let isCall =
                (token.text == "print" || token.text == "debugPrint")
                && code.token(place + 1).text == "("
                && !["func", ".", "`"].contains(code.token(place - 1).text)
            return isCall && !mayPrint
                ? source.finding(line: token.line, "only VarveCommand prints: return the text")
                : nil
        }
    }

    /// Checks are never compiled away, by whatever file could ask for it.
    static func uncheckedBuilds(in source: SourceText) -> [Finding] {
        let flag = "-O" + "unchecked"
        return source.lines.enumerated().compactMap { index, line in
            line.contains(flag)
                ? source.finding(line: index + 1, "\(flag) drops the preconditions") : nil
        }
    }
}
