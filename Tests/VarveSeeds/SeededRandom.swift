internal import Glibc
internal import VarveSim

/// Random numbers that a seed repeats. A test prints its seed; running it again with `VARVE_SEED=…`
/// in the environment replays the same numbers.
public struct SeededRandom: RandomNumberGenerator {
    public let seed: UInt64
    private var generator: SplitMix64

    /// Takes the seed from the environment, or a random one, and prints it.
    public init(_ test: String) {
        let given = unsafe getenv("VARVE_SEED").flatMap { unsafe UInt64(String(cString: $0)) }
        self.init(seed: given ?? UInt64.random(in: .min ... .max))
        print("\(test): VARVE_SEED=\(seed)")
    }

    public init(seed: UInt64) {
        self.seed = seed
        generator = SplitMix64(seed: seed)
    }

    public mutating func next() -> UInt64 { generator.next() }

    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}
