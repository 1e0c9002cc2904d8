import Testing

@testable import VarveBench

@Suite("GoalPlots")
struct GoalPlotsTests {
    private func evidence(_ names: [String]) throws -> GoalEvidence {
        var evidence = GoalEvidence()
        for (place, name) in names.enumerated() {
            let benchmark = try #require(Catalogue.benchmarks.first { $0.name == name })
            var latencies = LatencyHistogram()
            latencies.add(100_000 * Int64(place + 1))
            var side = SideResult([Round(number: 0, folder: "")], unit: benchmark.unit)
            (side.spread, side.latency) = (Spread([1e6, 2e6, 3e6]), LatencySummary(latencies))
            evidence.results[name] = BenchResult(
                benchmark: benchmark, subject: side, reference: side, ratio: Spread([1]),
                foreignLoad: 0)
        }
        return evidence
    }

    @Test("nothing measured, nothing drawn")
    func nothing() { #expect(GoalPlots(GoalEvidence()).files.isEmpty) }

    @Test("a throughput has a bar for each side and a line for its rounds")
    func bars() throws {
        let files = GoalPlots(try evidence(["append.page-cache", "scan"])).files
        #expect(files.map(\.name) == ["throughput.svg"])
        let text = try #require(files.first?.text)
        // The paper, and two bars for each benchmark.
        #expect(text.split(separator: "<rect").count - 1 == 5)
        #expect(text.split(separator: "<polyline").count - 1 == 4)
        #expect(text.contains(">append.page-cache</text>"))
        // The median is two thirds of the largest, which takes the whole room.
        #expect(text.contains(#"width="280.0" height="11.0""#))
    }

    @Test("latencies are curves over the offered load, from two loads on")
    func curves() throws {
        #expect(GoalPlots(try evidence(["broker.load.2000"])).files.isEmpty)
        let files = GoalPlots(try evidence(["broker.load.1000", "broker.load.2000"])).files
        let text = try #require(files.first { $0.name == "latency-over-load.svg" }?.text)
        for curve in ["Varve p50", "Varve p99", "reference p50", "reference p99"] {
            #expect(text.contains(">\(curve)</text>"))
        }
        #expect(text.contains(">100 us</text>"))
        #expect(text.contains(">1.00 k/s</text>"))
    }

    @Test("what the curve of latencies shows is measured where plots are wanted")
    func curveIsMeasured() throws {
        let paced = try GoalTable.choose("P14")
        let loads = [
            "broker.load.1000", "broker.load.2000", "broker.load.5000", "broker.load.10000",
            "broker.load.20000",
        ]
        #expect(
            GoalTable.benchmarks(for: paced, drawn: true).map(\.name)
                == ["broker.paced", "broker.paced.durable"] + loads)
        #expect(
            GoalTable.benchmarks(for: paced).map(\.name) == [
                "broker.paced", "broker.paced.durable",
            ])
        let scans = try GoalTable.choose("P8")
        #expect(GoalTable.benchmarks(for: scans, drawn: true).map(\.name) == ["scan"])
    }

    @Test("words cannot end the drawing")
    func escaping() {
        var plot = Plot(width: 10, height: 10)
        plot.words("</svg> & more", .infinity, 0)
        #expect(
            plot.document.contains(
                #"<text x="0" y="0.0" text-anchor="start">&lt;/svg&gt; &amp; more<"#))
    }
}
