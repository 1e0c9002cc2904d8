import Testing
import VarveLog
import VarveProof
import VarveSim
import VarveTerms

/// Searches that must find something: a harness that cannot fail proves nothing.
@Suite("canaries")
struct CanaryTests {
    /// Tells its owner that records are durable which are not.
    private static let lying = Workload(
        name: "lying", settings: Workload.settings(.pageCache), prepare: { try $0.open() },
        run: { scene in
            try scene.append(2, padding: 40)
            try scene.claimDurable()
        })

    private func reach() -> CrashSearch.Reach {
        var reach = CrashSearch.Reach()
        reach.plan.tearStride = 50
        reach.secondPlan.subsetAtomCountMax = 2
        reach.secondPlan.randomCount = 0
        return reach
    }

    @Test("a false claim of durability is found, and its label plays it again")
    func powerCuts() throws {
        var search = try CrashSearch(Self.lying, reach(), until: Deadline(after: nil))
        search.judgePowerCuts()
        let example = try #require(search.tally.examples.first)
        let wanted = try #require(CrashCase(parsing: example.label))
        #expect(try CrashSearch.fault(replaying: wanted, of: Self.lying) == example.what)
    }

    @Test("a false claim is found when power is cut in the opening after a death")
    func openings() throws {
        var search = try CrashSearch(Self.lying, reach(), until: Deadline(after: nil))
        search.judgeDeaths()
        #expect(search.tally.faults == 0, "a death loses nothing of the page cache")
        search.cutOpeningsAfterDeaths()
        let example = try #require(search.tally.examples.first)
        let wanted = try #require(CrashCase(parsing: example.label))
        #expect(wanted.crashes.count == 2)
        #expect(try CrashSearch.fault(replaying: wanted, of: Self.lying) == example.what)
    }

    @Test(
        "the compacting workloads do take records",
        arguments: Workload.canonical.filter { $0.name.hasPrefix("compacting") })
    func compactions(_ workload: Workload) throws {
        let scene = try workload.played()
        let directory = try DataDirectory(
            Scene.path, in: Scene.surroundings(scene.disk.processDeath(), boot: Scene.boot))
        let log = try directory.openLog(Scene.name(), settings: workload.settings)
        let contents = Contents(of: log.reader)
        let count = Int(log.ends.written.rawValue)
        #expect(contents.served.count < count)
        let expectation = try #require(scene.expectations(at: .max)[Scene.name()])
        #expect(contents.fault(against: expectation, start: 0, end: count) == nil)
        let promised = contents.served.first { !expectation.optional.contains($0.offset) }
        #expect(promised != nil, "something may not be taken")
    }

    @Test("bytes that a reader serves and that were not appended are found")
    func liveLog() throws {
        let log = try LiveLog(size: 8_192, recordCounts: [3])
        let region = 1_000..<1_001
        #expect(unsafe log.fault(in: region) { _ in } == nil)
        #expect(unsafe log.fault(in: region) { unsafe $0[1_000] ^= 4 } == nil, "it is named")
        #expect(log.foundCount == 1)
        log.truth.bytes[1_000] ^= 4
        #expect(unsafe log.fault(in: region) { _ in } != nil)
    }

    @Test("what is found is counted, and the table says that the promise is broken")
    func table() {
        var line = ProofLine(row: "G4", what: "lies")
        (line.cases, line.distinct, line.violations, line.goal) = (10, 10, 1, 10)
        var table = ProofTable()
        table.add(line)
        #expect(!table.isSound)
        #expect(table.text(rows: ["G4"]).contains("BROKEN"))
    }
}
