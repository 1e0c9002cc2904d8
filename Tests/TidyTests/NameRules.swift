/// Words that say nothing about what a type holds or decides.
enum NameRules {
    static let banned: Set<String> = [
        "manager", "helper", "util", "utility", "common", "misc", "impl", "data", "info",
    ]

    /// Names that may hold a banned word, each because another specification settled the term.
    static let settled: [[String]] = [
        // A data directory is what Kafka's documentation calls the place of its logs.
        ["data", "directory"]
    ]

    /// The words of a camel-case name, in lower case: `HTTPServer2` is `http`, `server`.
    static func words(of name: some StringProtocol) -> [String] {
        var words: [String] = []
        var word = ""
        let letters = Array(name)
        for (place, letter) in letters.enumerated() {
            guard letter.isLetter else {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            let previous = place > 0 ? letters[place - 1] : " "
            let next = place + 1 < letters.count ? letters[place + 1] : " "
            let starts = letter.isUppercase && (!previous.isUppercase || next.isLowercase)
            if starts, !word.isEmpty {
                words.append(word)
                word = ""
            }
            word.append(letter.lowercased())
        }
        return word.isEmpty ? words : words + [word]
    }

    /// The first banned word of a name, in singular or plural, or nil.
    static func bannedWord(in name: some StringProtocol) -> String? {
        let words = words(of: name)
        for (place, word) in words.enumerated() {
            let rest = words[place...]
            if settled.contains(where: { rest.starts(with: $0) }) { continue }
            let isPlural = word.hasSuffix("s") && banned.contains(String(word.dropLast()))
            if banned.contains(word) || isPlural || word == "utilities" { return word }
        }
        return nil
    }

    /// File names, and the folders that they lie in.
    static func fileNames(in source: SourceText) -> [Finding] {
        let stem = source.path.split(separator: "/").map { part in
            part.split(separator: ".").first ?? part
        }
        return stem.compactMap { part in
            bannedWord(in: part).map {
                source.finding(line: 1, "'\($0)' in a name says nothing: name what it decides")
            }
        }
    }

    private static let kinds: Set<String> = [
        "struct", "class", "enum", "actor", "protocol", "typealias", "associatedtype",
    ]

    static func typeNames(in source: SourceText) -> [Finding] {
        let code = source.code
        return code.tokens.indices.compactMap { place in
            let name = code.token(place + 1)
            guard kinds.contains(code.tokens[place].text), code.token(place - 1).text != ".",
                name.text.first?.isUppercase == true, let word = bannedWord(in: name.text)
            else { return nil }
            return source.finding(
                line: name.line, "'\(word)' in \(name.text) says nothing: name what it decides")
        }
    }
}
