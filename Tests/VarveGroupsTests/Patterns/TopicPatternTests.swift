import Testing
import VarveSeeds

@testable import VarveGroups

@Suite("regular expressions over topics")
struct TopicPatternTests {
    private func error(_ text: String) -> PatternError? {
        do throws(PatternError) {
            _ = try TopicPattern(text)
            return nil
        } catch {
            return error
        }
    }

    private func matches(_ text: String, _ name: String) -> Bool? {
        do throws(PatternError) {
            return try TopicPattern(text).matches(name)
        } catch {
            return nil
        }
    }

    @Test("what is no expression is refused, with RE2's words")
    func refusals() {
        #expect(error("[")?.description == "missing closing ]")
        #expect(error("[a")?.description == "missing closing ]")
        #expect(error("np-(.*")?.description == "missing closing )")
        #expect(error("a)")?.description == "unexpected )")
        #expect(error("*")?.description == "missing argument to repetition operator")
        #expect(error("a**")?.description == "invalid nested repetition operator")
        #expect(error("a{1001}")?.description == "invalid repeat count")
        #expect(error("a{3,2}")?.description == "invalid repeat count")
        #expect(error("\\")?.description == "trailing backslash at end of expression")
        #expect(error("\\y")?.description == "invalid escape sequence")
        #expect(error("\\x{110000}")?.description == "invalid escape sequence")
        #expect(error("[z-a]")?.description == "invalid character class range")
        #expect(error("[[:nope:]]")?.description == "invalid character class range")
        #expect(error("(?=a)b")?.description == "invalid or unsupported Perl syntax")
        #expect(error("(?P<>a)")?.description == "invalid or unsupported Perl syntax")
        #expect(error("(a)\\1") == .escape)
        #expect(error("\\pL") == .unsupportedEscape)
        #expect(error(String(repeating: "(", count: 5000)) == .tooDeep)
        #expect(error("((a{100}){100}){100}") == .tooLarge)
    }

    @Test(
        "whole names match",
        arguments: [
            ("", "", true), ("", "a", false), ("gr-.*", "gr-t", true), ("gr-.*", "xgr-t", false),
            ("a|b", "b", true), ("a|b", "ab", false), ("(?:a|b)+", "abba", true),
            ("a?b*c+", "ccc", true), ("a?b*c+", "aabc", false), ("a{2,3}", "a", false),
            ("a{2,3}", "aaa", true), ("a{2,3}", "aaaa", false), ("a{2,}", "aaaaa", true),
            ("a{0}b", "b", true), ("a{,2}", "a{,2}", true), ("[a-c]+", "abc", true),
            ("[^a-c]+", "xyz", true), ("[^a-c]+", "xa", false), ("[]a]+", "]a", true),
            ("[a-]", "-", true), ("\\d\\w\\s", "1_ ", true), ("\\D", "1", false),
            ("[\\W]", "-", true), ("[[:alpha:]_]+", "a_B", true), ("[[:^digit:]]", "1", false),
            ("^a$", "a", true), ("a^b", "ab", false), ("\\Aa\\z", "a", true),
            ("a\\b-\\bb", "a-b", true), ("a\\Bb", "ab", true), ("(?i)AbC", "aBc", true),
            ("(?i:a)b", "AB", false), ("a(?i)b|c", "C", true), ("(?i)[a-c]", "B", true),
            ("(?-i)a", "a", true), (".", "\n", false), ("(?s).", "\n", true),
            ("\\Qa.b\\E.", "a.bc", true), ("a\\.b", "axb", false), ("\\x41\\x{42}", "AB", true),
            ("(?P<n>a)(?<m>b)", "ab", true), ("a*?b", "aab", true), ("(a|)(b|)", "b", true),
            ("(a*)*", "aaaa", true), ("(|a)+", "aa", true), ("é+", "éé", true),
        ])
    func wholeNames(_ text: String, _ name: String, _ expected: Bool) {
        #expect(matches(text, name) == expected)
    }

    @Test("no expression takes more than its size times the name's")
    func isLinear() {
        let name = String(repeating: "a", count: 249)
        #expect(matches("(a*)*b", name) == false)
        #expect(matches("(a|aa)+$b", name) == false)
        #expect(matches("(a?){200}a{200}", name) == true)
    }

    @Test("any text is an expression or refused")
    func anyText() {
        var random = SeededRandom("TopicPatternTests.anyText")
        let letters = Array("ab(()|*+?{}1,[]^-\\dQE:.$=P<>ixé")
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...12, using: &random)
            let text = String((0..<count).compactMap { _ in letters.randomElement(using: &random) })
            _ = matches(text, "ab-1")
        }
    }
}
