import Testing
import VarveGroups

@Suite("NamePattern")
struct NamePatternTests {
    @Test("what is no expression is none")
    func broken() {
        for text in ["[", "(", "*", "a{2,1}", String(repeating: "a{50}", count: 50)] {
            #expect(NamePattern(text) == nil, "\(text)")
        }
    }

    @Test("a name matches as a whole or not at all")
    func whole() throws {
        let pattern = try #require(NamePattern("to-.*"))
        #expect(pattern.matches("to-x"))
        #expect(!pattern.matches("into-x"))
        #expect(!(try #require(NamePattern("to"))).matches("to-x"))
    }
}
