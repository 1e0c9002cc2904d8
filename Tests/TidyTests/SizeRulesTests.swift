import Testing

@Suite("SizeRules")
struct SizeRulesTests {
    private func source(_ text: String) -> SourceText { SourceText("Sources/A/A.swift", text) }

    private func blank(_ count: Int) -> String { String(repeating: "\n", count: count) }

    @Test("501 lines are refused, 500 pass")
    func files() {
        #expect(SizeRules.longFile(in: source(blank(501))).map(\.line) == [501])
        #expect(SizeRules.longFile(in: source(blank(500))) == [])
    }

    @Test("101 columns are refused, 100 pass, a URL in a comment passes")
    func lines() {
        let long = String(repeating: "ä", count: 100)
        #expect(SizeRules.longLines(in: source("\n" + long + "x\n")).map(\.line) == [2])
        #expect(SizeRules.longLines(in: source(long)) == [])
        #expect(SizeRules.longLines(in: source("// https://example.org/" + long)) == [])
        #expect(SizeRules.longLines(in: source("// " + long)).count == 1)
    }

    @Test(
        "71 lines are refused, 70 pass, whatever the declaration",
        arguments: [
            "func f() {", "func f(_ g: () -> Void = {}) throws -> [Int] where T: U {",
            "public init?(a: Int) {", "deinit {", "subscript(a: Int) -> Int {", "var a: Int {",
            "func f() { let text = \"}\"; /* } */ // }", "@Test(\"}\") func f() {",
            "func f() async throws(E)\n    -> Int {",
        ])
    func functions(_ opening: String) {
        let extra = opening.contains("\n") ? 1 : 0
        let long = "\n" + opening + blank(70 - extra) + "}\n"
        #expect(SizeRules.longFunctions(in: source(long)).map(\.line) == [2])
        let short = "\n" + opening + blank(69 - extra) + "}\n"
        #expect(SizeRules.longFunctions(in: source(short)) == [])
    }

    @Test("what has no body has no length")
    func requirements() {
        let text =
            "protocol P {\nfunc a()\nvar b: Int { get }\ninit(c: Int)\nvar d: P\n}\nstruct S {"
            + blank(200) + "}\n"
        let lengths = SizeRules.functions(of: SwiftCode(text)).map(\.lines.count)
        #expect(lengths == [1])
    }

    @Test("a stored property and a call are no functions")
    func notFunctions() {
        let text = "struct S {\nvar a = [1]\nvar b: Int\nlet c = S.init { 1 }\nenum E {\n}\n}"
        #expect(SizeRules.functions(of: SwiftCode(text)) == [])
    }

    @Test("a function inside another is measured by itself")
    func nested() {
        let text = "func a() {\nfunc b() {\n\n}\n}"
        let found = SizeRules.functions(of: SwiftCode(text))
        #expect(found.map(\.name) == ["func a", "func b"])
        #expect(found.map(\.lines) == [1...5, 2...4])
    }
}
