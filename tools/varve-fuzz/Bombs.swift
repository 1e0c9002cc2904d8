import CFuzz
import VarveBytes
import VarveRecords
import VarveTerms

/// How much memory bombs of each codec make resident, against the budget's cap.
enum Bombs {
    /// The same as for batches of a log.
    private static let budget = DecompressionBudget.standard
    /// What the promise leaves beside the cap: the codec's context and the allocator's slack.
    private static let slack = 1 << 20

    static func measure() throws {
        // Else the allocator keeps what is given back, as much as the largest of it once was.
        varve_fuzz_give_back_freed_memory()
        var isBroken = false
        for codec in Codec.allCases where codec != .none {
            for size in [64 << 20, 512 << 20] {
                let bomb = try made(codec, expandingTo: size)
                let cap = budget.limit(forInput: ByteCount(bomb.count)).bytes
                let (grown, outcome) = run(bomb, codec)
                isBroken = isBroken || grown > cap + slack
                print(
                    "\(codec): \(bomb.count) bytes for \(size) (1:\(size / bomb.count)), cap \(cap)"
                        + ", resident at most \(grown) more, \(outcome)")
            }
        }
        if isBroken { Ending.fail("more than the cap and \(slack) bytes became resident") }
    }

    /// A stream of zeros. zstd writes into each frame how long it is, and a budget refuses one that
    /// is too long before it decodes anything, so zstd's bomb is many frames of 1 MiB.
    private static func made(_ codec: Codec, expandingTo size: Int) throws -> [UInt8] {
        if codec == .zstd, size > 1 << 20 {
            let frame = try made(codec, expandingTo: 1 << 20)
            return Array([[UInt8]](repeating: frame, count: size >> 20).joined())
        }
        let zeros = [UInt8](repeating: 0, count: size)
        var output = ByteBuffer()
        try Compressor().compress(zeros.rawSpan, with: Compression(codec), into: &output)
        return output.bytes.array()
    }

    /// How many bytes became resident beyond those before, and what came of it.
    private static func run(_ bomb: [UInt8], _ codec: Codec) -> (grown: Int, outcome: String) {
        let decompressor = Decompressor()
        var output = ByteBuffer(capacity: 64)
        guard varve_fuzz_reset_resident_peak() != 0 else { return (0, "not measured") }
        let before = varve_fuzz_resident_now()
        var outcome = "decompressed"
        do throws(CompressionError) {
            try decompressor.decompress(bomb.rawSpan, codec: codec, into: &output, budget: budget)
        } catch {
            outcome = error.description
        }
        return (Int(varve_fuzz_resident_peak() - before), outcome)
    }
}
