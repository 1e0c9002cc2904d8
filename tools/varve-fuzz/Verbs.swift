import VarveBytes
import VarveFuzz
import VarveLinux
import VarveSystem
import VarveTerms

/// Wrong words on the command line.
struct UsageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// What the program does with one target.
struct Verbs {
    private let fixtures: String
    private let target: FuzzTarget
    private let kept: KeptInputs

    /// Takes the fixtures' folder and the target's name from the front of `arguments`.
    init(_ arguments: inout [String]) throws {
        guard arguments.count >= 2 else { throw UsageError("FIXTURES TARGET are missing") }
        fixtures = arguments.removeFirst()
        target = try Self.target(arguments.removeFirst())
        kept = KeptInputs(in: fixtures + "/fuzz", LinuxFileSystem())
    }

    static func target(_ name: String) throws -> FuzzTarget {
        guard let target = FuzzTarget.named(name) else {
            throw UsageError("no target \(name); `tools/fuzz --list` names them")
        }
        return target
    }

    private func seeds() throws -> [[UInt8]] {
        try SeedCorpus(fixtures: fixtures, in: LinuxFileSystem()).seeds(of: target)
    }

    func writeSeeds(_ arguments: [String]) throws {
        guard let folder = arguments.first else { throw UsageError("no FOLDER") }
        let fileSystem = LinuxFileSystem()
        for (slot, seed) in try seeds().enumerated() {
            let file = try OpenFile("\(folder)/seed-\(slot)", .readWriteOrCreate, in: fileSystem)
            try file.write(seed.rawSpan, at: .zero)
        }
    }

    func replay(_ paths: [String]) throws {
        let run = FuzzRun(keeping: kept)
        var failedCount = 0
        for path in paths {
            let fault = run.fault(of: target, on: try kept.load(path))
            print("\(path): \(fault ?? "taken well")")
            failedCount += fault == nil ? 0 : 1
        }
        if failedCount > 0 { Ending.fail("\(failedCount) of \(paths.count) inputs failed") }
    }

    func mutate(_ arguments: [String]) throws {
        guard let seconds = arguments.first.flatMap({ Double($0) }) else {
            throw UsageError("no SECONDS")
        }
        let seed =
            arguments.dropFirst().first.flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1 << 32)
        let run = FuzzRun(keeping: kept)
        let seeds = try seeds()
        var mutator = Mutator(seed: seed)
        let clock = LinuxClock()
        let start = clock.now().nanoseconds
        var count = 0
        try kept.prepare(for: target)
        while Double(clock.now().nanoseconds - start) / 1e9 < seconds {
            let input = mutator.next(from: seeds, of: target)
            count += 1
            guard let fault = run.fault(of: target, on: input) else { continue }
            try kept.keep(input, for: target)
            let replay = KeptInputs.replayLine(target, kept.path(of: input, for: target))
            Ending.fail("\(target.name), seed \(seed), input \(count): \(fault)\n\(replay)")
        }
        try kept.tidy(after: target)
        print("\(target.name): \(count) inputs of seed \(seed), none failed")
    }
}
