import Testing
import VarveFuzz

/// A short slice of every target from a fixed seed, and every input that ever failed.
///
/// `VARVE_SEED` takes another seed, `VARVE_FUZZ_INPUTS` another number of inputs for each target.
@Suite("fuzzing", .serialized)
struct FuzzTests {
    private let run = FuzzRun(keeping: Place.kept)

    @Test("mutated bytes neither trap nor hang nor take more than they may", arguments: Place.names)
    func mutations(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let seeds = try Place.corpus.get().seeds(of: target)
        #expect(!seeds.isEmpty, "no fixture is an input of \(name)")
        let stride = Place.seedStride(of: target, count: seeds.count)
        for (slot, seed) in seeds.enumerated() where slot % stride == 0 {
            let fault = run.fault(of: target, on: seed)
            #expect(fault == nil, "seed \(slot) of \(name)")
        }
        // An input that ends the process is kept by a handler, which can make no folder.
        try Place.kept.prepare(for: target)
        defer { try? Place.kept.tidy(after: target) }
        var mutator = Mutator(seed: Place.seed)
        for number in 0..<Place.inputCount(of: target) {
            let input = mutator.next(from: seeds, of: target)
            guard let fault = run.fault(of: target, on: input) else { continue }
            try Place.kept.keep(input, for: target)
            let replay = KeptInputs.replayLine(target, Place.kept.path(of: input, for: target))
            Issue.record("VARVE_SEED=\(Place.seed), input \(number): \(fault)\n\(replay)")
            return
        }
    }

    @Test("every input that ever failed is taken well", arguments: Place.names)
    func regressions(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        for path in try Place.kept.paths(for: target) {
            let fault = run.fault(of: target, on: try Place.kept.load(path))
            #expect(fault == nil, "\(KeptInputs.replayLine(target, path))")
        }
    }

    @Test("targets have names of their own, which folders can have")
    func names() {
        let names = FuzzTarget.all.map(\.name)
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(name.allSatisfy { $0 == "-" || $0.isLowercase || $0.isNumber })
        }
    }
}
