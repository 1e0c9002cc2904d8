import Testing
import VarveBytes

@testable import VarveRecords

@Suite struct CodecPoolTests {
    @Test("an object comes back to the pool when its closure throws")
    func throwing() {
        let pool = CodecPool(idleMax: 2)
        #expect(throws: CompressionError.truncated(.zstd)) {
            try pool.withDecompressor { decompressor throws(CompressionError) in
                _ = try decompressor.bytes(of: [], .zstd)
            }
        }
        #expect(pool.idleCounts == (compressors: 0, decompressors: 1))
    }

    @Test("the same object is lent again, and two at once are different")
    func reuse() {
        let pool = CodecPool(idleMax: 2)
        let first = pool.withCompressor { ObjectIdentifier($0) }
        pool.withCompressor { outer in
            #expect(ObjectIdentifier(outer) == first)
            pool.withCompressor { #expect(ObjectIdentifier($0) != first) }
        }
        #expect(pool.idleCounts == (compressors: 2, decompressors: 0))
    }

    @Test("no more objects are kept than the pool's limit")
    func limit() {
        let pool = CodecPool(idleMax: 1)
        pool.withDecompressor { _ in
            pool.withDecompressor { _ in pool.withDecompressor { _ in } }
        }
        #expect(pool.idleCounts == (compressors: 0, decompressors: 1))
        let none = CodecPool(idleMax: 0)
        none.withCompressor { _ in }
        #expect(none.idleCounts == (compressors: 0, decompressors: 0))
    }

    @Test("tasks that share a pool never share an object")
    func concurrent() async throws {
        let pool = CodecPool(idleMax: 4)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let codec = Codec.allCases[number % Codec.allCases.count]
                    let input = CompressionSamples.sample(.text, size: 1000 * (number + 1))
                    for _ in 0..<10 {
                        let packed = try pool.withCompressor {
                            try $0.bytes(of: input, Compression(codec))
                        }
                        let output = try pool.withDecompressor {
                            try $0.bytes(of: packed, codec)
                        }
                        guard output == input else { return false }
                    }
                    return true
                }
            }
            for try await isEqual in group { #expect(isEqual) }
        }
        #expect(pool.idleCounts.compressors <= 4 && pool.idleCounts.decompressors <= 4)
    }
}
