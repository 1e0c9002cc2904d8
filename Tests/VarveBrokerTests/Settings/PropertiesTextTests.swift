import Testing

@testable import VarveBroker

@Suite("PropertiesText")
struct PropertiesTextTests {
    @Test("a line without a name, or with a broken escape, is refused with its number")
    func refused() {
        let nameless = SettingsError.unreadable(
            line: 2, reason: "there is no name before the value")
        #expect(throws: nameless) { try PropertiesText(parsing: "a=1\n=2\n") }
        #expect(throws: SettingsError.self) { try PropertiesText(parsing: "a=\\u12") }
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
            try PropertiesText(parsing: text).values == [
                "log.dirs": "/a,/b", "listeners": "PLAINTEXT://:9092", "folded": "one, two",
                "escaped name": "tab\there é", "empty": "", "alone": "", "num.partitions": "3",
                "twice": "2",
            ])
    }
}
