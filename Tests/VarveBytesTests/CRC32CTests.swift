import CVarve
import Glibc
import Testing
import VarveBytes
import VarveSeeds

@Suite("CRC32C")
struct CRC32CTests {
    /// Sums from RFC 3720 §B.4 and the usual check string.
    static let known: [(bytes: [UInt8], sum: UInt32)] = [
        ([], 0),
        (Array("123456789".utf8), 0xE306_9283),
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        (Array(0...31), 0x46DD_794E),
        (Array((0...31).reversed()), 0x113F_DB5C),
    ]

    @Test("the known sums come out")
    func knownSums() {
        for (bytes, sum) in Self.known {
            #expect(CRC32C.checksum(bytes.rawSpan) == sum)
        }
    }

    @Test("every kernel of this machine gives the known sums")
    func knownSumsOfKernels() {
        for kernel in Kernel.available {
            for (bytes, sum) in Self.known {
                #expect(kernel.checksum(bytes.rawSpan) == sum, "\(kernel.name)")
            }
        }
    }

    @Test("the kernel in use is the widest one that this machine has")
    func widestKernel() throws {
        #expect(CRC32C.kernel == Kernel.available.last?.name)
        #expect(Kernel.available.first?.name == "table")
    }

    @Test("a kernel that does not exist is refused")
    func kernelOutOfRange() {
        var sum: UInt32 = 7
        for number in [Int32(-1), 99, .max, .min] {
            let outcome = unsafe varve_crc32c_with(number, 0, nil, 0, &sum)
            #expect(outcome == -1)
            #expect(unsafe varve_crc32c_kernel_name(number) == nil)
        }
        #expect(sum == 7)
    }

    @Test("all kernels agree on every size to 1100 and every alignment")
    func kernelsAgreeOnSmallSizes() {
        var random = SeededRandom("kernelsAgreeOnSmallSizes")
        let bytes = random.bytes(1100 + 64)
        let kernels = Kernel.available
        for size in 0...1100 {
            for start in 0..<16 {
                let span = bytes.rawSpan.extracting(start..<start + size)
                let sums = kernels.map { $0.checksum(span, continuing: UInt32(size)) }
                if Set(sums).count > 1 {
                    Issue.record("size \(size) at \(start): \(sums), seed \(random.seed)")
                }
            }
        }
    }

    @Test(
        "all kernels agree on large sizes",
        arguments: [1535, 1536, 1537, 4096, 5000, 12_287, 12_288, 12_551, 65_537, (1 << 20) + 13])
    func kernelsAgreeOnLargeSizes(size: Int) {
        var random = SeededRandom("kernelsAgreeOnLargeSizes")
        let bytes = random.bytes(size + 3)
        for start in [0, 1, 3] {
            let span = bytes.rawSpan.extracting(start..<start + size)
            let sums = Kernel.available.map { $0.checksum(span) }
            #expect(Set(sums).count == 1, "size \(size) at \(start), seed \(random.seed)")
        }
    }

    @Test("no kernel touches a byte outside of what it is given")
    func nothingOutside() async {
        await #expect(processExitsWith: .success) {
            // One page between two that may not be touched at all.
            let page = sysconf(Int32(_SC_PAGESIZE))
            let start = unsafe mmap(
                nil, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
            let base = try unsafe #require(start)
            try #require(unsafe mprotect(base, page, PROT_NONE) == 0)
            try #require(unsafe mprotect(base + 2 * page, page, PROT_NONE) == 0)
            let bytes = unsafe RawSpan(_unsafeStart: base + page, byteCount: page)
            for kernel in Kernel.available {
                for size in 0...page {
                    _ = kernel.checksum(bytes.extracting(0..<size))
                    _ = kernel.checksum(bytes.extracting(page - size..<page))
                }
            }
        }
    }

    @Test("a sum continues at every split of 300 and of 1100 bytes", arguments: [300, 1100])
    func continuation(size: Int) {
        var random = SeededRandom("continuation")
        let bytes = random.bytes(size)
        for kernel in Kernel.available {
            let whole = kernel.checksum(bytes.rawSpan)
            for split in 0...size {
                let head = kernel.checksum(bytes.rawSpan.extracting(0..<split))
                let rest = bytes.rawSpan.extracting(split..<size)
                let sum = kernel.checksum(rest, continuing: head)
                #expect(sum == whole, "\(kernel.name) split at \(split), seed \(random.seed)")
            }
        }
        let head = CRC32C.checksum(bytes.rawSpan.extracting(0..<100))
        let rest = bytes.rawSpan.extracting(100..<size)
        #expect(
            CRC32C.checksum(rest, continuing: head) == CRC32C.checksum(bytes.rawSpan))
    }

    @Test("each flipped bit of a small batch changes the sum")
    func flippedBits() {
        var random = SeededRandom("flippedBits")
        var bytes = random.bytes(200)
        let whole = CRC32C.checksum(bytes.rawSpan)
        for bit in 0..<bytes.count * 8 {
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(CRC32C.checksum(bytes.rawSpan) != whole)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }

    @Test("bytes in memory pass the guarded sum unchanged")
    func guardedSumOfMemory() {
        let bytes = Array("123456789".utf8)
        #expect(CRC32C.checksum(mapped: bytes.rawSpan) == 0xE306_9283)
        #expect(CRC32C.checksum(mapped: [UInt8]().rawSpan) == 0)
    }
}

/// One of the ways to compute the sum.
private struct Kernel: Hashable {
    let number: Int32
    let name: String

    /// Those that this machine can run, the narrowest first.
    static var available: [Kernel] {
        var kernels: [Kernel] = []
        var number: Int32 = 0
        while let name = unsafe varve_crc32c_kernel_name(number) {
            var sum: UInt32 = 0
            if unsafe varve_crc32c_with(number, 0, nil, 0, &sum) == 0 {
                kernels.append(Kernel(number: number, name: unsafe String(cString: name)))
            }
            number += 1
        }
        return kernels
    }

    func checksum(_ bytes: RawSpan, continuing previous: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { raw in
            var sum: UInt32 = 0
            let outcome = unsafe varve_crc32c_with(
                number, previous, raw.baseAddress, raw.count, &sum)
            precondition(outcome == 0, "\(name) is not available")
            return sum
        }
    }
}
