import Testing
import VarveProof
import VarveSim

@Suite("lines of the table of proofs")
struct ProofLineTests {
    private let text = """
        {"row":"G2","what":"power cuts, \\"ext4\\"","cases":20000,"distinct":19988,"seconds":912.4,\
        "violations":0,"goal":100000,"seed":7,"note":""}
        """

    @Test(
        "what is no line is told apart from one",
        arguments: [
            "", "{}", "building…", #"{"row":"G2"}"#, #"{"row":"G2","violation":"x"}"#,
            #"{"row":"G2","what":"x","cases":-1,"distinct":0,"seconds":0,"violations":0,"#
                + #""goal":0,"seed":0,"note":""}"#,
        ])
    func noLine(_ text: String) {
        #expect(ProofLine(parsing: text) == nil)
        #expect(ViolationLine(parsing: text) == nil)
    }

    @Test("a line is read as it was printed")
    func roundTrip() throws {
        let line = try #require(ProofLine(parsing: text))
        #expect(line.what == "power cuts, \"ext4\"")
        #expect((line.cases, line.distinct, line.goal, line.seed) == (20_000, 19_988, 100_000, 7))
        #expect("\(line)" == text)
        let violation = ViolationLine(row: "G4", violation: "a\n\\b", replay: "tools/prove '\"'")
        #expect(ViolationLine(parsing: "\(violation)") == violation)
    }

    @Test("lines of the same are added up, and verdicts follow")
    func table() throws {
        var table = ProofTable()
        let line = try #require(ProofLine(parsing: text))
        for _ in 0..<2 { table.add(line) }
        var unreached = ProofLine(row: "G3", what: "kills")
        unreached.note = "no FUSE here"
        table.add(unreached)
        #expect(table.isSound)
        #expect(table.lines[0].distinct == 39_976)
        let text = table.text(rows: ["G2", "G3", "G4"])
        #expect(text.contains("39,976") && text.contains("39 % of the goal"))
        #expect(text.contains("not reached: no FUSE here"))
        #expect(text.contains("not reached: nothing here runs it"))
        table.add(ViolationLine(row: "G3", violation: "x", replay: "y"))
        #expect(!table.isSound)
    }

    @Test("the text of a crash names it again")
    func crashCases() {
        let selections: [AtomSelection] = [
            .none, .all, .mask(0x1f), .only([1, 3]), .omitting([2]), .random(seed: .max),
        ]
        let tears: [Tear?] = [nil, .prefix(3), .shorter(0), .sectors(0b101)]
        for selection in selections {
            for tear in tears {
                let label = CrashLabel(after: 12, keeping: selection, tearing: tear)
                let wanted = CrashCase(
                    workload: "two logs", crashes: [.death(after: 3), .powerCut(label)],
                    sequel: .cleanClose)
                #expect(CrashCase(parsing: "\(wanted)") == wanted)
            }
        }
        for text in ["", "x/powerCut", "x/1,tall/powerCut", "x/-1,all/powerCut", "x/1,all/y"] {
            #expect(CrashCase(parsing: text)?.crashes.isEmpty ?? true, "\(text)")
        }
    }
}
