import Testing

@Suite("CodeRules")
struct CodeRulesTests {
    private func source(_ text: String, _ path: String = "Sources/A/A.swift") -> SourceText {
        SourceText(path, text)
    }

    @Test("notes of work are refused in code, comments and scripts", arguments: CodeRules.notes)
    func notes(_ note: String) {
        #expect(CodeRules.notes(in: source("\n// \(note): later")).map(\.line) == [2])
        #expect(CodeRules.notes(in: source("let a = \(note)")).map(\.line) == [1])
        #expect(CodeRules.notes(in: source("let a = \"\(note)\"")) == [])
        #expect(CodeRules.notes(in: source("// \(note)S")) == [])
        #expect(CodeRules.notes(in: source("# \(note)", "tools/check")).map(\.line) == [1])
    }

    @Test("traps are refused")
    func traps() {
        for text in [
            "try! f()", "a as! B", "fatalError(\"unimplemented\")", "let s = \"\\(try! f())\"",
        ] {
            #expect(CodeRules.traps(in: source("\n" + text)).map(\.line) == [2])
        }
        for text in ["try? f()", "// try!", "a as? B", "fatalError(\"torn\")", "\"as!\""] {
            #expect(CodeRules.traps(in: source(text)) == [])
        }
    }

    @Test("@unchecked Sendable needs its reason within three lines")
    func uncheckedSendable() {
        let line = "final class A: @unchecked Sendable {"
        let reason = "// @unchecked: nothing changes.\n"
        #expect(CodeRules.uncheckedSendable(in: source(line)).map(\.line) == [1])
        #expect(CodeRules.uncheckedSendable(in: source(reason + "\n\n\n" + line)).count == 1)
        #expect(CodeRules.uncheckedSendable(in: source(reason + "\n\n" + line)) == [])
        #expect(CodeRules.uncheckedSendable(in: source(line + "\n    " + reason)) == [])
        #expect(CodeRules.uncheckedSendable(in: source("// @unchecked\n" + line)).count == 1)
    }

    @Test("only the command prints, and nobody sleeps")
    func printingAndSleeping() {
        for text in [
            "print(1)", "debugPrint(1)", "try await Task.sleep(for: a)", "\"\\(print(1))\"",
        ] {
            #expect(CodeRules.printingAndSleeping(in: source(text)).map(\.line) == [1])
        }
        for text in ["a.print(1)", "func print(_ a: Int) {}", "// print(1)", "\"print(1)\""] {
            #expect(CodeRules.printingAndSleeping(in: source(text)) == [])
        }
        let command = "Sources/VarveCommand/A.swift"
        #expect(CodeRules.printingAndSleeping(in: source("print(1)", command)) == [])
        #expect(CodeRules.printingAndSleeping(in: source("print(1)", "Tests/A/A.swift")) == [])
        #expect(CodeRules.printingAndSleeping(in: source("Task.sleep(a)", command)).count == 1)
    }

    @Test("a build without checks is refused wherever it is asked for")
    func uncheckedBuilds() {
        let text = "\nunsafeFlags([\"-O" + "unchecked\"])"
        #expect(CodeRules.uncheckedBuilds(in: source(text, "Package.swift")).map(\.line) == [2])
        #expect(CodeRules.uncheckedBuilds(in: source("-O", "tools/check")) == [])
    }
}
