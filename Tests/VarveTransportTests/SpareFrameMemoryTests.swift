import Testing
import VarveBytes
import VarveTerms

@testable import VarveTransport

@Suite("SpareFrameMemory")
struct SpareFrameMemoryTests {
    private let spare = SpareFrameMemory()

    private func assembler() -> FrameAssembler {
        FrameAssembler(sizeMax: .mib(100), spare: spare)
    }

    /// Hands the first bytes of a frame over.
    private func begin(_ assembler: inout FrameAssembler, _ size: Int, with count: Int) throws {
        var bytes = ByteBuffer()
        bytes.append(Int32(size))
        bytes.appendZeros(count)
        try assembler.take(bytes.bytes) { _ in .goOn }
    }

    /// Reads until the frame is whole.
    /// - Returns: how many bytes each read was offered.
    private func finish(_ assembler: inout FrameAssembler, _ size: Int) throws -> [Int] {
        var offered: [Int] = []
        var taken = 0
        while taken == 0 {
            _ = assembler.read { target in
                offered.append(target.byteCount)
                return .bytes(target.byteCount)
            }
            try assembler.takeHeld { frame in
                taken += 1
                #expect(frame.byteCount == size)
                return .goOn
            }
        }
        return offered
    }

    // MARK: Refusals

    @Test("a frame that the memory is too small for gets memory of its own")
    func tooSmall() throws {
        spare.give(ByteBuffer(capacity: 100 << 10))
        var assembler = assembler()
        try begin(&assembler, 200 << 10, with: 1000)
        #expect(spare.size == 100 << 10)
        #expect(assembler.memorySize < 100 << 10)
    }

    @Test("a short frame does not take the memory")
    func shortFrame() throws {
        spare.give(ByteBuffer(capacity: 100 << 10))
        var assembler = assembler()
        try begin(&assembler, 1000, with: 10)
        #expect(spare.size == 100 << 10)
    }

    @Test("memory that is too large or too small is not kept, nor a second one")
    func notKept() {
        spare.give(ByteBuffer(capacity: (2 << 20) + 1))
        #expect(spare.size == 0)
        spare.give(ByteBuffer(capacity: 1000))
        #expect(spare.size == 0)
        spare.give(ByteBuffer(capacity: 300 << 10))
        spare.give(ByteBuffer(capacity: 200 << 10))
        #expect(spare.size == 300 << 10)
    }

    @Test("while one connection has the memory, another one goes without")
    func oneAtATime() throws {
        spare.give(ByteBuffer(capacity: 300 << 10))
        var first = assembler()
        var second = assembler()
        try begin(&first, 200 << 10, with: 100)
        #expect(first.memorySize == 300 << 10)
        #expect(spare.size == 0)
        try begin(&second, 200 << 10, with: 100)
        #expect(second.memorySize < 64 << 10)
    }

    // MARK: From frame to frame

    @Test("the memory of a frame takes the next one, which is read at once")
    func reused() throws {
        let size = 250 << 10
        var assembler = assembler()
        try begin(&assembler, size, with: 6000)
        #expect(try finish(&assembler, size).count > 1)
        #expect(assembler.memorySize == 0)
        #expect(spare.size == size + 4)
        for round in 0..<3 {
            try begin(&assembler, size, with: 6000)
            #expect(assembler.memorySize == size + 4, "round \(round)")
            #expect(try finish(&assembler, size) == [size - 6000])
            #expect(spare.size == size + 4)
        }
        // Another connection of the loop gains by it as well.
        var other = self.assembler()
        try begin(&other, size - 1000, with: 6000)
        #expect(try finish(&other, size - 1000) == [size - 7000])
    }
}
