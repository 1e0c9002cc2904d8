import Testing

@testable import VarveBench

@Suite("PeerOutcome")
struct PeerOutcomeTests {
    private let told = """
        program LevelDB 1.23
        work 1000
        elapsed 2000
        processor 300
        digest 18446744073709551615
        flushes 17
        latencies 0
        """

    @Test("each fact is a line")
    func facts() throws {
        let outcome = try PeerOutcome(parsing: told + "\nmore to come\n\nalone\n")
        #expect(outcome.program == "LevelDB 1.23")
        #expect(outcome.work == 1000)
        #expect(outcome.elapsed == 2000)
        #expect(outcome.processorTime == 300)
        #expect(outcome.digest == .max)
        #expect(outcome.flushCount == 17)
        #expect(outcome.latencyCount == 0)
    }

    @Test(
        "a fact that is missing, or is no number, is refused",
        arguments: ["program", "work", "elapsed", "processor", "digest", "flushes", "latencies"])
    func unlawful(_ name: String) {
        #expect(throws: PeerError.self) {
            try PeerOutcome(parsing: told.replacing(name + " ", with: "other "))
        }
        let spoilt = told.split(separator: "\n").map { line in
            line.hasPrefix(name + " ") ? "\(name) \(name == "program" ? "" : "-1")" : String(line)
        }
        #expect(throws: PeerError.self) {
            try PeerOutcome(parsing: spoilt.joined(separator: "\n"))
        }
    }

    @Test("every contest names benchmarks of the catalogue, in one unit")
    func contests() {
        for contest in ContestTable.contests {
            let subjects = contest.subjects.map { name in
                Catalogue.benchmarks.first { $0.name == name }
            }
            #expect(!subjects.contains { $0 == nil }, "\(contest.name)")
            #expect(Set(subjects.map { $0?.unit }).count == 1)
        }
        #expect(Set(ContestTable.contests.map(\.name)).count == ContestTable.contests.count)
    }
}
