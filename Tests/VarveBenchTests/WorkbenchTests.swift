import Testing
import VarveLinux
import VarveSystem

@testable import VarveBench

@Suite("Workbench")
struct WorkbenchTests {
    private var smoke: BenchOptions {
        var options = BenchOptions()
        options.size = .smoke
        options.rounds = 2
        return options
    }

    /// A workbench below the working directory, whatever that lies on.
    private func workbench(_ options: BenchOptions) throws -> Workbench {
        var options = options
        options.directory = "."
        return try Workbench(options)
    }

    @Test(
        "every benchmark of the catalogue runs in a tiny form",
        arguments: Catalogue.benchmarks.map(\.name).filter { !$0.hasPrefix("process.") })
    func smoke(_ name: String) throws {
        let benchmark = try #require(Catalogue.benchmarks.first { $0.name == name })
        // The warm-up is a round too, whose digest must be that of the other.
        var options = smoke
        options.rounds = 1
        let result = try workbench(options).run(benchmark)
        #expect(result.subject.figures.count == 1)
        #expect(result.subject.spread.min > 0)
        #expect(result.reference.spread.min > 0)
        #expect(!BenchReport.row(result).isEmpty)
    }

    @Test("names are unique and dotted words")
    func names() {
        let names = Catalogue.benchmarks.map(\.name)
        #expect(Set(names).count == names.count)
        let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789.-")
        #expect(names.allSatisfy { Set($0).isSubset(of: letters) })
    }

    @Test("equal seeds give equal digests, and the digest sees the seed")
    func seeds() throws {
        let scan = try #require(Catalogue.benchmarks.first { $0.name == "scan" })
        var other = smoke
        other.seed = 43
        let first = try workbench(smoke).run(scan).subject.digest
        #expect(try workbench(smoke).run(scan).subject.digest == first)
        #expect(try workbench(other).run(scan).subject.digest != first)
    }

    @Test("a filter that matches nothing is an error")
    func filter() throws {
        #expect(throws: BenchError.self) { try Catalogue.choose("no such") }
        #expect(try Catalogue.choose("append").allSatisfy { $0.name.contains("append") })
        #expect(try Catalogue.choose(nil).count == Catalogue.benchmarks.count)
    }

    @Test("no round is an error")
    func rounds() {
        var options = smoke
        options.rounds = 0
        #expect(throws: BenchError.self) { try workbench(options) }
    }

    @Test("sides that come to different results fail the run")
    func digests() throws {
        let unstable = Benchmark("unstable", "", per: "", .seconds) { _ in
            Pair(
                subject: { round in
                    let digest = UInt64(bitPattern: Int64(round.number))
                    round.time(work: 1) { _ in digest }
                }, reference: { $0.time(work: 1) { _ in 0 } })
        }
        #expect(throws: BenchError.self) { try workbench(smoke).run(unstable) }
    }

    @Test("subject and reference take turns, after one warm-up of each")
    func turns() throws {
        final class Turns: @unchecked Sendable {
            // @unchecked: the benchmark runs in this thread alone.
            var names: [String] = []
        }
        let turns = Turns()
        let benchmark = Benchmark("turns", "", per: "", .seconds) { _ in
            Pair(
                subject: { turns.names.append("A\($0.number)") },
                reference: { turns.names.append("B\($0.number)") })
        }
        _ = try workbench(smoke).run(benchmark)
        #expect(turns.names == ["A-1", "B-1", "A0", "B0", "A1", "B1"])
    }

    @Test("each run gets an empty folder, and the one before is gone by then")
    func folders() throws {
        let fileSystem = LinuxFileSystem()
        let bench = try workbench(smoke)
        let directory = bench.machine.directory
        let side: @Sendable (inout Round) throws -> Void = { round in
            #expect(try fileSystem.entries(of: directory).count == 1)
            #expect(try fileSystem.entries(of: round.folder).isEmpty)
            try fileSystem.makeDirectory(round.folder + "/left")
        }
        let benchmark = Benchmark("folders", "", per: "", .seconds) { _ in
            Pair(subject: side, reference: side)
        }
        _ = try bench.run(benchmark)
    }

    @Test("the run's files are gone with it")
    func files() throws {
        let fileSystem = LinuxFileSystem()
        var path = ""
        do {
            let bench = try workbench(smoke)
            path = bench.machine.directory
            #expect(try fileSystem.status(at: path)?.kind == .directory)
            _ = try bench.run(Catalogue.benchmarks[0])
            #expect(try fileSystem.entries(of: path).isEmpty)
        }
        #expect(try fileSystem.status(at: path) == nil)
    }

    @Test("a late operation counts from when it was due")
    func pacing() {
        var pacing = Pacing(operationsPerSecond: 1_000_000)
        let first = pacing.next()
        #expect(Stopwatch.now() >= first)
        #expect(pacing.next() == first + 1000)
        #expect(pacing.next() == first + 2000)
    }
}
