import Testing

@Suite("SwiftLexer")
struct SwiftLexerTests {
    private func code(_ text: String) -> String {
        String(decoding: SwiftLexer(Array(text.utf8)).code, as: UTF8.self)
    }

    @Test(
        "only code is left of a line",
        arguments: [
            ("a // }", "a     "),
            ("a /* } /* } */ } */ b", "a                   b"),
            (#"a "}" b"#, "a     b"),
            (#"a "\"}" b"#, "a       b"),
            (#"a "" b"#, "a    b"),
            ("a #\"\"\"# b", "a       b"),
            ("a #\"\\\"# b", "a       b"),
            ("#if b", "#if b"),
        ])
    func lines(_ text: String, _ left: String) { #expect(code(text) == left) }

    @Test("a multi-line string ends at its own quotation marks")
    func multiline() {
        let text = "a = \"\"\"\n  } \" \"\" \\\"\"\" {\n  \"\"\"\nb"
        #expect(code(text) == "a =    \n" + String(repeating: " ", count: 15) + "\n     \nb")
    }

    @Test("code inside an interpolation counts as code")
    func interpolation() {
        #expect(code(#"a "x\(f("}", (b)))y" c"#) == #"a     f(   , (b))    c"#)
        #expect(code(##"a #"x\(f)\#(g)"# c"##) == "a           g    c")
    }

    @Test("a string that never ends stops at the end of the file")
    func endless() {
        #expect(code("a \"b") == "a   ")
        #expect(code("a \"\"\"\nb\\") == "a    \n  ")
        #expect(code("a /* b") == "a     ")
        #expect(code("a \"\\(b") == "a    b")
    }

    @Test("comments are kept apart, in their places")
    func comments() {
        let lexer = SwiftLexer(Array("a // b\n\"// c\"".utf8))
        #expect(String(decoding: lexer.comments, as: UTF8.self) == "  // b\n      ")
    }
}
