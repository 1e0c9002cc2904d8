/// Rules of READMEs, links and the list of terms.
enum DocumentRules {
    static let readmeLinesMax = 60

    /// Every folder under Sources that holds code has a short README. A system library's folder
    /// holds a module map and no code.
    static func moduleReadmes(in sources: [SourceText]) -> [Finding] {
        let code = sources.filter { source in
            source.isUnder("Sources")
                && [".swift", ".c"].contains { source.path.hasSuffix($0) }
        }
        let modules = Set(
            code.compactMap { source -> String? in
                let parts = source.path.split(separator: "/")
                return parts.count > 2 ? String(parts[1]) : nil
            })
        return modules.sorted().compactMap { module in
            let path = "Sources/\(module)/README.md"
            guard let readme = sources.first(where: { $0.path == path }) else {
                return Finding(path: path, line: 1, text: "the module has no README.md")
            }
            guard readme.lines.count > readmeLinesMax else { return nil }
            return readme.finding(
                line: readmeLinesMax + 1,
                "a module's README has at most \(readmeLinesMax) lines")
        }
    }

    /// Relative links must lead to a file or folder of the tree.
    static func deadLinks(in source: SourceText, exists: (String) -> Bool) -> [Finding] {
        let folder = source.path.split(separator: "/").dropLast().map(String.init)
        return links(of: source).compactMap { target, line in
            let path = target.split(separator: "#", omittingEmptySubsequences: false)[0]
            guard !path.isEmpty, !path.contains("://"), !path.hasPrefix("mailto:") else {
                return nil
            }
            guard let resolved = resolve(path, from: folder), exists(resolved) else {
                return source.finding(line: line, "the link to \(target) leads nowhere")
            }
            return nil
        }
    }

    /// What stands between `](` and `)`, outside of code.
    static func links(of source: SourceText) -> [(target: String, line: Int)] {
        var links: [(String, Int)] = []
        var isFenced = false
        for (index, line) in source.lines.enumerated() {
            if line.drop(while: { $0 == " " }).hasPrefix("```") {
                isFenced.toggle()
                continue
            }
            guard !isFenced else { continue }
            // Every second piece between backticks is code.
            let pieces = line.split(separator: "`", omittingEmptySubsequences: false)
            let prose = pieces.indices.map { $0 % 2 == 0 ? pieces[$0] : "code" }.joined()
            for piece in prose.split(separator: "](", omittingEmptySubsequences: false).dropFirst()
            {
                if let end = piece.firstIndex(of: ")") {
                    links.append((String(piece[..<end]), index + 1))
                }
            }
        }
        return links
    }

    private static func resolve(_ path: Substring, from folder: [String]) -> String? {
        var parts = folder
        for part in path.split(separator: "/") where part != "." {
            guard part == ".." else {
                parts.append(String(part))
                continue
            }
            guard parts.popLast() != nil else { return nil }
        }
        return parts.joined(separator: "/")
    }

    /// The table of docs/terms.md headed *Term* is sorted by its first column and names each term
    /// once. Other tables of the page are no list of terms.
    static func terms(in source: SourceText) -> [Finding] {
        var findings: [Finding] = []
        var previous = ""
        var seen: Set<String> = []
        for (line, term) in termRows(of: source) {
            if !seen.insert(term).inserted {
                findings.append(source.finding(line: line, "the term '\(term)' stands twice"))
            } else if term < previous {
                findings.append(source.finding(line: line, "'\(term)' comes after '\(previous)'"))
            }
            previous = term
        }
        if seen.isEmpty { findings.append(source.finding(line: 1, "the table has no terms")) }
        return findings
    }

    private static func termRows(of source: SourceText) -> [(line: Int, term: String)] {
        guard let heading = source.lines.firstIndex(where: { $0.hasPrefix("| Term |") }) else {
            return []
        }
        // The line after the heading only rules the columns.
        let rows = source.lines.indices.dropFirst(heading + 2).prefix {
            source.lines[$0].hasPrefix("|")
        }
        return rows.map { index in
            let cell = source.lines[index].dropFirst().split(separator: "|").first ?? ""
            return (index + 1, cell.trimming(" ").lowercased())
        }
    }
}

extension Substring {
    fileprivate func trimming(_ letter: Character) -> Substring {
        var rest = drop { $0 == letter }
        while rest.last == letter { rest.removeLast() }
        return rest
    }
}
