import Testing

@testable import VarveBroker

@Suite("PropertiesText")
struct PropertiesTextTests {
    @Test("a line without a name, or with a broken escape, is refused with its number")
    func refused() {
        let lines = [
            "a=1\n=2\n": "line 2: a name before the value is missing",
            "\n# b\na=\\u12":
                "line 3: found \"\\u12\", expected \\u and four hexadecimal digits",
        ]
        for (text, message) in lines {
            let error = #expect(throws: SettingsError.self) {
                try PropertiesText(parsing: Array(text.utf8))
            }
            #expect(error?.description == message)
        }
    }

    @Test("names, values, comments, folded lines and escapes are read as Java does")
    func read() throws {
        let text = """
            # a comment
              ! another one
            log.dirs=/a,/b
            listeners : PLAINTEXT://:9092\r
            folded = one, \\
                two
            escaped\\ name=tab\\there \\u00e9
            empty=
            alone
            num.partitions 3
            twice=1
            twice=2
            """
        #expect(
            try PropertiesText(parsing: Array(text.utf8)).values == [
                "log.dirs": "/a,/b", "listeners": "PLAINTEXT://:9092", "folded": "one, two",
                "escaped name": "tab\there é", "empty": "", "alone": "", "num.partitions": "3",
                "twice": "2",
            ])
    }
}
