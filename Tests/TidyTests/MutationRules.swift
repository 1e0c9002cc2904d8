/// Planted bugs: the list in the code, the places that ask for them, and the table in the docs.
enum MutationRules {
    static let flag = "VARVE_PLANTED_" + "BUGS"
    static let list = "Sources/VarveTerms/PlantedBug.swift"
    static let table = "docs/internals/mutations.md"

    /// Case → the name that the environment gives it.
    static func cases(in source: SourceText) -> [String: String] {
        var cases: [String: String] = [:]
        for line in source.lines {
            let words = line.split(separator: " ")
            guard words.count == 4, words[0] == "case", words[2] == "=" else { continue }
            cases[String(words[1])] = String(words[3].filter { $0 != "\"" })
        }
        return cases
    }

    /// The names in the first column of the table.
    static func rows(in source: SourceText) -> [String] {
        source.lines.compactMap { line in
            guard line.hasPrefix("| `") else { return nil }
            return line.dropFirst(3).split(separator: "`").first.map(String.init)
        }
    }

    /// The cases that a file asks for, with the lines.
    static func hooks(in source: SourceText) -> [(name: String, line: Int)] {
        source.lines.enumerated().flatMap { index, line in
            line.split(separator: "PlantedBug.").dropFirst().map { rest in
                (String(rest.prefix { $0.isLetter || $0.isNumber }), index + 1)
            }
        }
    }

    /// Hooks outside of `#if` would bring the bugs to everybody.
    static func openHooks(in source: SourceText) -> [Finding] {
        var conditions: [Bool] = []
        return source.lines.enumerated().compactMap { index, line in
            let text = line.drop { $0 == " " }
            if text.hasPrefix("#if") { conditions.append(text == "#if \(flag)") }
            if text.hasPrefix("#else"), !conditions.isEmpty {
                conditions[conditions.count - 1] = false
            }
            if text.hasPrefix("#endif") { _ = conditions.popLast() }
            let asks = line.contains("PlantedBug") && !text.hasPrefix("//")
            guard asks, !conditions.contains(true) else { return nil }
            return source.finding(line: index + 1, "a planted bug outside of `#if \(flag)`")
        }
    }
}
