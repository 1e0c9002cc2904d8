import Testing

@Suite("PlaceRules")
struct PlaceRulesTests {
    private func lines(_ text: String) -> [Int] {
        PlaceRules.findings(in: SourceText("docs/a.md", text)).map(\.line)
    }

    @Test("paths of one machine are refused", arguments: PlaceRules.machinePaths)
    func machinePaths(_ path: String) {
        #expect(lines("\nsee \(path)main") == [2])
        #expect(lines("\(path)main") == [1])
        #expect(lines("`\(path)main`") == [1])
        #expect(lines("docs\(path)main") == [])
        #expect(lines("..\(path)main") == [])
    }

    @Test("places outside of the repository are refused", arguments: PlaceRules.outside)
    func outside(_ text: String) { #expect(lines("a\n(\(text)/b)") == [2]) }
}
