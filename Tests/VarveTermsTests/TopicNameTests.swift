import Testing

import VarveTerms

@Suite("TopicName")
struct TopicNameTests {
    @Test(
        "unlawful names are refused with the reason",
        arguments: [
            ("", "the empty string is not allowed"), (".", "'.' is not allowed"),
            ("..", "'..' is not allowed"), ("a b", "other than ASCII alphanumerics"),
            ("a/b", "other than ASCII alphanumerics"), ("é", "other than ASCII alphanumerics"),
            ("a\0", "other than ASCII alphanumerics"), ("a:b", "other than ASCII alphanumerics"),
            ("a+b", "other than ASCII alphanumerics"),
            (String(repeating: "x", count: 250), "longer than the max allowed length 249"),
        ])
    func refused(name: String, reason: String) {
        #expect(TopicName.complaint(about: name)?.contains(reason) == true)
    }

    @Test("letters, digits, '.', '_' and '-' make a name of up to 249")
    func taken() {
        #expect(TopicName.complaint(about: "Az09._-") == nil)
        #expect(TopicName.complaint(about: String(repeating: "x", count: 249)) == nil)
        #expect(TopicName.complaint(about: "...") == nil)
    }
}
