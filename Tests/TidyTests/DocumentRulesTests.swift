import Testing

@Suite("DocumentRules")
struct DocumentRulesTests {
    @Test("a module without a README, or with a long one, is refused")
    func readmes() {
        let code = SourceText("Sources/A/B/A.swift", "")
        #expect(DocumentRules.moduleReadmes(in: [code]).map(\.path) == ["Sources/A/README.md"])
        let long = SourceText("Sources/A/README.md", String(repeating: "a\n", count: 61))
        #expect(DocumentRules.moduleReadmes(in: [code, long]).map(\.line) == [61])
        let short = SourceText("Sources/A/README.md", String(repeating: "a\n", count: 60))
        #expect(DocumentRules.moduleReadmes(in: [code, short]) == [])
        let map = SourceText("Sources/C/module.modulemap", "")
        #expect(DocumentRules.moduleReadmes(in: [map]) == [])
    }

    private func dead(_ text: String) -> [Int] {
        let tree: Set = ["docs/a.md", "README.md"]
        return DocumentRules.deadLinks(in: SourceText("docs/b.md", text)) { tree.contains($0) }
            .map(\.line)
    }

    @Test("links that lead nowhere are refused")
    func deadLinks() {
        #expect(dead("[a](a.md)\n\n[c](c.md)") == [3])
        #expect(dead("[a](a.md) and [c](c.md#part)") == [1])
        #expect(dead("[`c`](c.md)") == [1])
        #expect(dead("[up](../../README.md)") == [1])
        #expect(dead("[image]![c](c.png)") == [1])
    }

    @Test("links that lead somewhere, and what is no link, pass")
    func links() {
        #expect(dead("[a](a.md) [b](./a.md#part) [c](../README.md) [d](#part)") == [])
        #expect(dead("[a](https://example.org/x.md) [b](mailto:a@example.org)") == [])
        #expect(dead("`[c](c.md)`\n```\n[c](c.md)\n```") == [])
    }

    private func terms(_ rows: String...) -> [Int] {
        let head = "# Terms\n\n| Term | Meaning |\n|---|---|\n"
        let text = head + rows.map { "| \($0) | x |\n" }.joined()
        return DocumentRules.terms(in: SourceText("docs/terms.md", text)).map(\.line)
    }

    @Test("terms are sorted and stand once")
    func terms() {
        #expect(terms("batch", "Offset", "record") == [])
        #expect(terms("batch", "record", "Offset") == [7])
        #expect(terms("batch", "Batch") == [6])
        #expect(terms() == [1])
        #expect(terms("batch |", "record |\n\n| Instead of | Say |\n|---|---|\n| batch |") == [])
    }
}
