/// The rule of the ladder: a module imports what the table allows and nothing else.
enum ImportRule {
    private static let kinds: Set<String> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "var", "let", "actor",
    ]

    /// The modules that a file imports and the lines where it does, in whatever form: with an
    /// access level or attributes, scoped to one declaration, of a submodule, inside `#if`.
    static func imports(of code: SwiftCode) -> [(module: String, line: Int)] {
        code.tokens.indices.compactMap { place in
            guard code.tokens[place].text == "import", code.token(place - 1).text != "`" else {
                return nil
            }
            let next = code.token(place + 1)
            let module = kinds.contains(next.text) ? code.token(place + 2) : next
            return (module.text, code.tokens[place].line)
        }
    }

    static func findings(in source: SourceText, rungs: [Rung] = Ladder.rungs) -> [Finding] {
        guard let rung = rungs.first(where: { source.isUnder($0.folder) }) else {
            return [source.finding(line: 1, "lies in no module of the ladder")]
        }
        return imports(of: source.code).compactMap { module, line in
            let isAllowed =
                rung.imports.contains(module) || rung.system.contains(module)
                || Ladder.everywhere.contains(module)
            return isAllowed
                ? nil : source.finding(line: line, "\(rung.name) may not import \(module)")
        }
    }

    /// Where the manifest and the table differ.
    static func differences(
        between manifest: Manifest, and rungs: [Rung], cLeaves: Set<String>
    ) -> [String] {
        var differences: [String] = []
        let table = Dictionary(uniqueKeysWithValues: rungs.map { ($0.name, $0) })
        for name in Set(table.keys).union(manifest.imports.keys).sorted() {
            switch (table[name], manifest.imports[name]) {
            case (let rung?, let declared?):
                if rung.imports != declared {
                    let names = rung.imports.symmetricDifference(declared).sorted()
                    differences.append("\(name): imports differ in \(names)")
                }
                if rung.folder != manifest.folders[name] {
                    differences.append("\(name): lies in another folder than \(rung.folder)")
                }
            case (nil, _): differences.append("\(name): missing in Tests/TidyTests/Ladder.swift")
            case (_, nil): differences.append("\(name): missing in Package.swift")
            }
        }
        for name in cLeaves.symmetricDifference(manifest.cLeaves).sorted() {
            differences.append("\(name): a C leaf in only one of the two")
        }
        return differences
    }
}
