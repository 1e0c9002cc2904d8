import Testing
import VarveLinux

@testable import VarveFuzz

/// What judges inputs must be able to find fault.
@Suite("FuzzRun")
struct FuzzRunTests {
    private static let run = FuzzRun(keeping: KeptInputs(in: "/nowhere", LinuxFileSystem()))

    @Test("a broken oracle is a fault, in its own words")
    func oracle() {
        let target = FuzzTarget("oracle", seeds: .names) { input throws(FuzzFailure) in
            try expect(input.byteCount < 3, "three")
            return .accepted
        }
        #expect(Self.run.fault(of: target, on: [1, 2]) == nil)
        #expect(Self.run.fault(of: target, on: [1, 2, 3]) == "three")
    }

    @Test("heap beyond the limit is a fault, even when it was given back")
    func heap() {
        let target = FuzzTarget("heap", seeds: .names) { input in
            var bytes = [UInt8](repeating: 1, count: input.byteCount << 20)
            bytes.append(2)
            return bytes.count > 1 ? .accepted : .refused
        }
        #expect(Self.run.fault(of: target, on: []) == nil)
        #expect(
            Self.run.fault(of: target, on: [1])?.contains("bytes of heap for 1 of input") == true)
    }

    @Test("processor time beyond the limit is a fault")
    func time() {
        let limits = FuzzLimits(milliseconds: 0)
        let target = FuzzTarget("time", seeds: .names, limits: limits) { input in
            var sum = 0
            for number in 0..<(Int(input.byteCount) * 5_000_000) { sum &+= number ^ sum }
            return sum == 1 ? .refused : .accepted
        }
        #expect(Self.run.fault(of: target, on: []) == nil)
        #expect(Self.run.fault(of: target, on: [1])?.contains("processor time") == true)
    }

    @Test("an input that ends the process is told with the line that replays it")
    func trap() async {
        let result = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            let target = FuzzTarget("trap", seeds: .names) { input in
                _ = input.extracting(0..<2)
                return .accepted
            }
            let run = FuzzRun(keeping: KeptInputs(in: "/nowhere", LinuxFileSystem()))
            _ = run.fault(of: target, on: [1])
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("tools/fuzz --replay trap /nowhere/trap/"))
    }

    @Test("the same seed makes the same inputs")
    func determinism() {
        guard let target = FuzzTarget.named("batch-check") else { return }
        var mutators = (Mutator(seed: 5), Mutator(seed: 5), Mutator(seed: 6))
        let seeds = [[UInt8](repeating: 3, count: 200), [1, 2, 3]]
        var differences = 0
        for _ in 0..<100 {
            let first = mutators.0.next(from: seeds, of: target)
            #expect(first == mutators.1.next(from: seeds, of: target))
            if first != mutators.2.next(from: seeds, of: target) { differences += 1 }
        }
        #expect(differences > 50)
    }
}
