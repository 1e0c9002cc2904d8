import Testing

@testable import VarveBench

@Suite("Scale")
struct ScaleTests {
    private func workbench() throws -> Workbench {
        var options = BenchOptions()
        (options.size, options.rounds, options.directory) = (.smoke, 1, ".")
        return try Workbench(options)
    }

    private static let drawn = ScaleFamily(
        name: "scale.drawn", axis: "things", axisUnit: .count,
        curves: [
            ScaleCurve("cost", "", .seconds), ScaleCurve("rate", "", .perSecond),
            ScaleCurve("never", "", .bytes),
        ],
        sizes: [1, 10, 100, 1000], quickMax: 100, smokeMax: 100
    ) { _, size, notes in
        guard size < 100 else { throw LeafError(call: "open", code: 24) }
        notes.note("cost", 1e-3 / Double(size))
        notes.note("rate", 5000)
    }

    private func result(_ figures: [Double], _ unit: ScaleUnit) -> ScaleResult {
        let curve = ScaleCurve("curve", "", unit)
        let family = ScaleFamily(
            name: "scale.made", axis: "", axisUnit: .count, curves: [curve], sizes: [],
            quickMax: 0, smokeMax: 0
        ) { _, _, _ in }
        var result = ScaleResult(family)
        for (place, figure) in figures.enumerated() {
            var point = ScalePoint(size: place + 1)
            point.values["curve"] = [ScaleValue(figure: figure)]
            result.points.append(point)
        }
        return result
    }

    @Test(
        "every family runs in a tiny form and notes every curve at every size",
        arguments: Catalogue.scales.map(\.name))
    func smoke(_ name: String) throws {
        let family = try #require(Catalogue.scales.first { $0.name == name })
        let result = try workbench().run(family)
        #expect(result.shortfall == nil)
        #expect(result.points.map(\.size) == family.sizes(of: .smoke))
        for point in result.points {
            #expect(Set(point.values.keys) == Set(family.curves.map(\.name)))
        }
        #expect(!ScaleReport.table(result).isEmpty)
    }

    @Test("full runs go to the end of each range")
    func ranges() throws {
        let ends = Catalogue.scales.map { ($0.name, $0.sizes(of: .full).last ?? 0) }
        let wanted = [
            ("scale.logs", 100_000), ("scale.segments", 10_000), ("scale.connections", 10_000),
            ("scale.partitions", 100_000), ("scale.appenders", 64), ("scale.readers", 16),
            ("scale.records", 1 << 20),
        ]
        for (name, end) in wanted { #expect(ends.contains { $0 == (name, end) }) }
    }

    @Test("a size that fails ends its family, and says why")
    func shortfall() throws {
        let result = try workbench().run(Self.drawn)
        #expect(result.points.map(\.size) == [1, 10])
        #expect(result.shortfall?.hasPrefix("not with 100: open: ") == true)
    }

    @Test("a curve is as bad as its worst point against the best one before")
    func bends() throws {
        let costs = result([8, 2, 3, 6, 1], .seconds)
        let curve = try #require(costs.family.curves.first)
        #expect(costs.bend(of: curve) == ScaleBend(factor: 3, from: 2, to: 4))
        let rates = result([10, 40, 10], .perSecond)
        #expect(rates.bend(of: rates.family.curves[0])?.factor == 4)
        let falling = result([3, 2, 1], .bytes)
        #expect(falling.bend(of: falling.family.curves[0])?.factor == 1)
        let single = result([3], .bytes)
        #expect(single.bend(of: single.family.curves[0]) == nil)
    }

    @Test("a family has a plot for each unit that was measured")
    func plots() throws {
        let files = ScalePlots([try workbench().run(Self.drawn)]).files
        #expect(files.map(\.name) == ["scale-drawn-time.svg", "scale-drawn-rate.svg"])
        let text = try #require(files.first?.text)
        #expect(text.contains(">cost</text>"))
        #expect(text.contains(">100 us</text>"))
        #expect(text.contains(">10</text>"))
    }

    @Test("the logarithm is one")
    func logarithm() {
        for (number, wanted) in [(1.0, 0.0), (10, 1), (1e-6, -6), (2, 0.301_029_995_7)] {
            #expect(abs(LogAxes.logarithm(number) - wanted) < 1e-9)
        }
    }

    @Test("the report is one line of JSON with every figure")
    func json() throws {
        let workbench = try workbench()
        let report = ScaleReport(
            options: workbench.options, machine: workbench.machine,
            results: [try workbench.run(Self.drawn)])
        #expect(report.json.contains(#""points":[{"size":1,"figures":[0.001]"#))
        #expect(!report.json.contains("\n"))
    }
}
