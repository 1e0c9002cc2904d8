import Synchronization
import Testing
import VarveSystem

@Suite("MappedBytes")
struct MappedBytesTests {
    @Test(
        "a range outside of the mapping traps",
        arguments: [0..<5, -1..<2, 5..<5, Int.min..<0])
    func outside(range: Range<Int>) async {
        // An exit test captures no arguments, so each of its bodies names its own range.
        switch range.lowerBound {
        case 0: await #expect(processExitsWith: .failure) { Self.touch(0..<5) }
        case -1: await #expect(processExitsWith: .failure) { Self.touch(-1..<2) }
        case 5: await #expect(processExitsWith: .failure) { Self.touch(5..<5) }
        default: await #expect(processExitsWith: .failure) { Self.touch(Int.min..<0) }
        }
    }

    @Test("the mapping is taken down once, with the last owner")
    func release() {
        let releases = Counter()
        do {
            let mapping = Self.fourBytes { releases.count.add(1, ordering: .relaxed) }
            let second = mapping
            #expect(mapping.count == 4)
            #expect(second.bytes(in: 1..<3).byteCount == 2)
            #expect(second.bytes(in: 4..<4).byteCount == 0)
            let last = unsafe second.bytes(in: 3..<4).unsafeLoad(fromByteOffset: 0, as: UInt8.self)
            #expect(last == 9)
            #expect(releases.count.load(ordering: .relaxed) == 0)
        }
        #expect(releases.count.load(ordering: .relaxed) == 1)
    }

    private final class Counter: Sendable { let count = Atomic(0) }

    private static func fourBytes(_ released: @escaping @Sendable () -> Void) -> MappedBytes {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 4, alignment: 1)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 9, count: 4)
        return unsafe MappedBytes(base: memory, count: 4) { base, count in
            precondition(count == 4)
            unsafe base.deallocate()
            released()
        }
    }

    private static func touch(_ range: Range<Int>) { _ = fourBytes {}.bytes(in: range).byteCount }
}
