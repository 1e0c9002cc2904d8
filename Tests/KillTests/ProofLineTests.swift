import Testing

@testable import VarveKill

@Suite("ProofLine")
struct ProofLineTests {
    @Test("a line has all nine keys")
    func text() {
        var line = ProofLine(row: "G2", what: "cuts", goal: 100, seed: 7)
        (line.cases, line.distinct, line.violations) = (12, 11, 1)
        line.seconds = 3.25
        line.note = "\"so\""
        #expect(
            line.text == #"{"row":"G2","what":"cuts","cases":12,"distinct":11,"seconds":3.3,"#
                + #""violations":1,"goal":100,"seed":7,"note":"\"so\""}"#)
    }

    @Test("what JSON does not take is escaped")
    func quoted() {
        #expect(ProofLine.quoted("a\"b\\c\n\u{1F}é") == #""a\"b\\c\u000a\u001fé""#)
    }
}
