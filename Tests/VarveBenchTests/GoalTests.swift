import Testing

@testable import VarveBench

@Suite("Goals")
struct GoalTests {
    /// A result with these figures, which no clock has seen.
    private func result(
        _ name: String, _ subject: [Double], per reference: [Double], _ unit: Unit = .seconds
    ) -> BenchResult {
        func side(_ figures: [Double]) -> SideResult {
            var latencies = LatencyHistogram()
            latencies.add(1000)
            var side = SideResult([Round(number: 0, folder: "")], unit: unit)
            side.figures = figures
            side.spread = Spread(figures)
            side.latencies = figures.compactMap { _ in LatencySummary(latencies) }
            return side
        }
        return BenchResult(
            benchmark: Benchmark(name, "", per: "", unit) { _ in
                Pair(subject: { _ in }, reference: { _ in })
            },
            subject: side(subject), reference: side(reference), ratio: Spread([1]),
            foreignLoad: 0.25)
    }

    private func evidence(_ results: BenchResult...) -> GoalEvidence {
        var evidence = GoalEvidence()
        for result in results { evidence.results[result.benchmark.name] = result }
        return evidence
    }

    @Test("a goal names a benchmark of the catalogue, or one that is known to be absent")
    func names() {
        let present = Set(Catalogue.benchmarks.map(\.name))
        let absent = Set(GoalTable.absent.keys)
        #expect(present.isDisjoint(with: absent))
        let known = present.union(absent)
        let unknown = GoalTable.goals.flatMap(\.benchmarks).filter { !known.contains($0) }
        #expect(unknown == [])
    }

    @Test("a goal without a figure says why, and is neither met nor missed")
    func absent() {
        let goal = Goal("P1", "of nothing", "no.such", .atLeast(1))
        let outcome = GoalEvidence().judge(goal)
        #expect(outcome.word == "not measured")
        #expect(outcome.figures == nil)
        var failed = GoalEvidence()
        failed.failures["no.such"] = "the disk is full"
        guard case .notMeasured(let reason) = failed.judge(goal).verdict else {
            Issue.record("it has no figure")
            return
        }
        #expect(reason == "the disk is full")
    }

    @Test("the ratio is the median of rounds, and the bound itself still meets the goal")
    func bounds() throws {
        let evidence = evidence(result("a", [10, 30, 20], per: [10, 10, 10]))
        #expect(evidence.judge(Goal("P1", "", "a", .atLeast(2))).word == "met")
        #expect(evidence.judge(Goal("P1", "", "a", .atMost(2))).word == "met")
        #expect(evidence.judge(Goal("P1", "", "a", .atLeast(2.01))).word == "missed")
        #expect(evidence.judge(Goal("P1", "", "a", .atMost(1.99))).word == "missed")
        let figures = try #require(evidence.judge(Goal("P1", "", "a", .atLeast(2))).figures)
        #expect(figures.judged == Spread([1, 2, 3]))
        #expect(figures.foreignLoad == 0.25)
    }

    @Test("a goal is judged against another benchmark, another program, or by itself")
    func rivals() {
        let evidence = evidence(
            result("a", [10, 10], per: [1, 1]), result("b", [5, 5], per: [1, 1]))
        func ratio(_ evidence: GoalEvidence, _ rival: Rival) -> Double? {
            evidence.judge(Goal("P1", "", "a", per: rival, .atLeast(1))).figures?.judged.median
        }
        #expect(ratio(evidence, .other("b")) == 2)
        #expect(ratio(evidence, .nothing) == 10)
        let program = Rival.program(Recorded("LMDB 1.0", .lmdb, 4))
        #expect(ratio(evidence, program) == 2.5)
        // A contest has figures of its own for both sides.
        var measured = evidence
        measured.contests = [
            ContestResult(
                contest: "c", peer: .redis, program: "Redis 7.0",
                result: result("a", [1], per: [1])),
            ContestResult(
                contest: "c", peer: .lmdb, program: "LMDB 1.1",
                result: result("a", [12, 12], per: [2, 2])),
        ]
        #expect(ratio(measured, program) == 6)
        let goal = Goal("P1", "", "a", per: program, .atLeast(1))
        #expect(evidence.judge(goal).figures?.program == "LMDB 1.0")
        #expect(evidence.judge(goal).figures?.isRecorded == true)
        #expect(measured.judge(goal).figures?.program == "LMDB 1.1")
        #expect(measured.judge(goal).figures?.isRecorded == false)
    }

    @Test("percentiles are looked at in seconds")
    func percentiles() {
        let evidence = evidence(result("a", [10], per: [20], .bytesPerSecond))
        let goal = Goal("P14", "", "a", of: .p99, per: .nothing, .atMost(0.000_001))
        let figures = evidence.judge(goal).figures
        #expect(figures?.unit == .seconds)
        #expect(figures?.judged.median == 0.000_001)
        #expect(evidence.judge(goal).word == "met")
    }

    @Test("a filter takes a goal's number or a part of its benchmark's name")
    func filter() throws {
        #expect(try GoalTable.choose(nil).count == GoalTable.goals.count)
        #expect(try GoalTable.choose("P1").allSatisfy { $0.number == "P1" })
        #expect(try GoalTable.choose("scan").allSatisfy { $0.benchmark == "scan" })
        #expect(throws: BenchError.self) { try GoalTable.choose("P99") }
        let needed = GoalTable.benchmarks(for: try GoalTable.choose("P9"))
        #expect(needed.map(\.name) == ["read.random", "read.random.2-threads"])
    }

    @Test("the report has a row and an object for each demand, and the sums")
    func report() throws {
        var options = BenchOptions()
        options.size = .smoke
        options.directory = "."
        let machine = try Workbench(options).machine
        let evidence = evidence(result("a", [10, 30, 20], per: [10, 10, 10]))
        let goals = [
            Goal("P1", "first", "a", .atLeast(2)), Goal("P2", "second", "b", .atMost(1)),
            Goal("P3", "third", "a", per: .program(Recorded("Other", nil, 10)), .atMost(1)),
        ]
        let report = GoalReport(
            options: options, machine: machine, outcomes: goals.map { evidence.judge($0) })
        let lines = report.table.split(separator: "\n").map(String.init)
        #expect(lines.count == 5)
        #expect(lines[1].contains("2.00 (1.00 - 3.00)"))
        #expect(lines[1].hasSuffix("met"))
        #expect(lines[2].hasSuffix("not measured: there is no benchmark 'b' yet"))
        #expect(lines[3].contains("Other on record: 10.0 s"))
        #expect(lines[3].hasSuffix("missed"))
        #expect(lines[4] == "1 met, 1 missed, 1 not measured")
        #expect(report.json.contains(#""wanted":{"atLeast":2.0},"outcome":"met""#))
        #expect(report.json.contains(#""outcome":"not measured","reason":"there is no"#))
        #expect(report.json.contains(#""recorded":true"#))
    }
}
