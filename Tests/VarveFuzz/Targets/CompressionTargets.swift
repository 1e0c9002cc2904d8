internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Each codec's decompressor under a budget; both framings of snappy are one decoder's.
enum CompressionTargets {
    static let all: [FuzzTarget] =
        Codec.allCases.map { target("codec-\($0)", $0) } + [
            target("codec-lz4-legacy-header", .lz4, headerChecksum: .ignored)
        ]

    /// At most 1 MiB comes out of an input, and 64 KiB of any.
    static let budget = DecompressionBudget(sizeMax: .mib(1), ratioMax: 1100, floor: .kib(64))

    private static func target(
        _ name: String, _ codec: Codec, headerChecksum: LZ4HeaderChecksum = .verified
    ) -> FuzzTarget {
        let sound = sample(of: codec)
        return FuzzTarget(name, seeds: .bodies(codec), limits: limits(of: codec)) {
            input throws(FuzzFailure) in
            let decompressor = Decompressor()
            let verdict = try judge(input, with: decompressor, codec, headerChecksum)
            if verdict == .refused { try checkUse(of: decompressor, on: sound, codec) }
            return verdict
        }
    }

    /// While the output grows, its old memory of half the budget lies beside the new. zstd sets
    /// aside the window that a frame asks for, and touches no more of it than comes out.
    private static func limits(of codec: Codec) -> FuzzLimits {
        let contexts = codec == .zstd ? ByteCount.mib(130) : .kib(256)
        return FuzzLimits(
            heapBase: ByteCount(contexts.bytes + budget.sizeMax.bytes / 2 * 3), heapPerByte: 0)
    }

    private static func judge(
        _ input: RawSpan, with decompressor: Decompressor, _ codec: Codec,
        _ headerChecksum: LZ4HeaderChecksum
    ) throws(FuzzFailure) -> FuzzTarget.Verdict {
        var output = ByteBuffer(capacity: 64)
        output.append(Int32(7))
        let limit = budget.limit(forInput: ByteCount(input.byteCount)).bytes
        do throws(CompressionError) {
            try decompressor.decompress(
                input, codec: codec, into: &output, budget: budget, headerChecksum: headerChecksum)
        } catch {
            try expect(output.count == 4, "a failure leaves \(output.count - 4) bytes")
            return .refused
        }
        try expect(output.count - 4 <= limit, "\(output.count - 4) bytes, \(limit) allowed")
        try expect(output.bytes.int32(at: 0) == 7, "what stood before changed")
        // A budget of one byte less refuses what came out.
        guard output.count > 5 else { return .accepted }
        let tight = DecompressionBudget(
            sizeMax: ByteCount(output.count - 5), ratioMax: 1, floor: ByteCount(output.count - 5))
        output.removeAll()
        let isRefused: Bool
        do throws(CompressionError) {
            try decompressor.decompress(
                input, codec: codec, into: &output, budget: tight, headerChecksum: headerChecksum)
            isRefused = false
        } catch {
            if case .overBudget = error { isRefused = true } else { isRefused = false }
        }
        try expect(isRefused, "a budget of one byte less is not kept")
        return .accepted
    }

    /// After an error the decompressor still reads what is sound.
    private static func checkUse(
        of decompressor: Decompressor, on sound: [UInt8], _ codec: Codec
    ) throws(FuzzFailure) {
        var output = ByteBuffer(capacity: 64)
        do throws(CompressionError) {
            try decompressor.decompress(
                sound.rawSpan, codec: codec, into: &output, budget: budget)
        } catch {
            throw FuzzFailure("after a failure a sound stream is refused: \(error)")
        }
        try expect(output.bytes.isEqual(to: plain.rawSpan), "a sound stream reads otherwise")
    }

    private static let plain = [UInt8](repeating: 7, count: 100) + Array(0..<100)

    private static func sample(of codec: Codec) -> [UInt8] {
        var output = ByteBuffer()
        _ = try? Compressor().compress(plain.rawSpan, with: Compression(codec), into: &output)
        return output.bytes.array()
    }
}
