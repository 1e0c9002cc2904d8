internal import CBench
internal import CVarve
internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// Work that goes over bytes of memory, piece by piece, beside plain reading of the same bytes.
struct MemoryWorkload {
    private let memory: MappedBytes
    private let pieceSize: Int
    private let sum: @Sendable (RawSpan) -> UInt64

    private init(
        _ bench: Workbench, pieceSize: Int, _ sum: @escaping @Sendable (RawSpan) -> UInt64
    ) {
        self.pieceSize = pieceSize
        self.sum = sum
        var generator = SeededGenerator(seed: bench.options.seed)
        var buffer = ByteBuffer()
        for _ in 0..<bench.scaled(8 << 20, smoke: 32 << 10) { buffer.append(generator.next()) }
        memory = SharedBytes.copy(of: buffer)
    }

    /// The checksum of each piece, by the kernel that this machine uses.
    static func checksum(_ bench: Workbench, pieceSize: Int) -> MemoryWorkload {
        MemoryWorkload(bench, pieceSize: pieceSize) { UInt64(CRC32C.checksum($0)) }
    }

    /// The checksum of each piece, by a kernel with this number.
    static func checksum(_ bench: Workbench, kernel: Int32) -> MemoryWorkload {
        MemoryWorkload(bench, pieceSize: 64 << 10) { bytes in
            unsafe bytes.withUnsafeBytes { raw in
                var crc: UInt32 = 0
                _ = unsafe varve_crc32c_with(kernel, 0, raw.baseAddress, raw.count, &crc)
                return UInt64(crc)
            }
        }
    }

    /// A copy of each piece to the same place, which stays in the caches near the processor.
    static func copy(_ bench: Workbench) -> MemoryWorkload {
        let size = 64 << 10
        let target = ScratchMemory(size: size)
        return MemoryWorkload(bench, pieceSize: size) { bytes in
            target.take(bytes)
            return UInt64(bytes.byteCount)
        }
    }

    /// The kernels that this machine can run, with their numbers.
    static var kernels: [(name: String, number: Int32)] {
        var kernels: [(String, Int32)] = []
        var number: Int32 = 0
        while let name = unsafe varve_crc32c_kernel_name(number) {
            var crc: UInt32 = 0
            if unsafe varve_crc32c_with(number, 0, nil, 0, &crc) == 0 {
                kernels.append((unsafe String(cString: name), number))
            }
            number += 1
        }
        return kernels
    }

    func pair() -> Pair {
        let (memory, pieceSize, sum) = (memory, pieceSize, sum)
        return Pair(
            subject: { round in
                round.time(work: memory.count) { _ in
                    var digest: UInt64 = 0
                    for start in stride(from: 0, to: memory.count, by: pieceSize) {
                        let end = min(memory.count, start + pieceSize)
                        digest = Digest.of(digest, sum(memory.bytes(in: start..<end)))
                    }
                    return digest
                }
            },
            reference: { round in
                round.time(work: memory.count) { _ in
                    let bytes = memory.bytes(in: 0..<memory.count)
                    return unsafe bytes.withUnsafeBytes { raw in
                        unsafe bench_sum(raw.baseAddress, raw.count)
                    }
                }
            })
    }
}

/// Memory that copies go to, on a page of its own.
@safe
final class ScratchMemory: @unchecked Sendable {
    // @unchecked: the benchmark copies in one thread at a time.
    private let base: UnsafeMutableRawPointer
    private let size: Int

    init(size: Int) {
        self.size = size
        unsafe base = .allocate(byteCount: size, alignment: 4096)
    }

    deinit { unsafe base.deallocate() }

    /// - Precondition: `bytes` are not larger than the memory.
    func take(_ bytes: RawSpan) {
        precondition(bytes.byteCount <= size, "\(bytes.byteCount) bytes into \(size)")
        unsafe bytes.withUnsafeBytes { raw in
            guard let source = raw.baseAddress else { return }
            unsafe bench_copy(base, source, raw.count)
        }
    }
}
