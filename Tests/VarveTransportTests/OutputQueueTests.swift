import Testing
import VarveBytes
import VarveSystem
import VarveTerms

@testable import VarveTransport

@Suite("OutputQueue")
struct OutputQueueTests {
    private let queue = OutputQueue(chunks: ChunkPool())

    private func bytes(_ size: Int, _ seed: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 + seed) }
    }

    private func part(_ body: [UInt8]) -> AnswerPart {
        var buffer = ByteBuffer()
        buffer.append(body)
        return .bytes(AnswerBytes(buffer))
    }

    private func wire(_ bodies: [[UInt8]]) -> [UInt8] {
        var buffer = ByteBuffer()
        for body in bodies {
            buffer.append(Int32(body.count))
            buffer.append(body)
        }
        return buffer.bytes.array()
    }

    /// Takes everything out, at most `count` bytes at a time.
    private func sent(from queue: OutputQueue, atMost count: Int) -> [UInt8] {
        var sent: [UInt8] = []
        while let step = queue.next {
            guard case .gather = step else { break }
            var offered: [UInt8] = []
            queue.lendParts { offered += $0.array() }
            let taken = min(count, offered.count)
            sent += offered[..<taken]
            queue.didSend(taken)
        }
        return sent
    }

    @Test("parts short and long leave as one frame, with writes cut at every byte")
    func everyCut() {
        let parts = [bytes(3, 1), bytes(5000, 2), [], bytes(10, 3), bytes(4097, 4)]
        let body = parts.flatMap { $0 }
        let expected = wire([body, [9], []])
        for count in Array(1...64) + [4096, 4097, 5000, 9000, expected.count] {
            queue.append(Answer(parts.map(part)))
            queue.append(Answer([part([9])]))
            queue.append(Answer([]))
            #expect(queue.size == expected.count)
            #expect(sent(from: queue, atMost: count) == expected, "\(count) at a time")
            #expect(queue.isEmpty)
        }
    }

    @Test("one write cut at each byte, then the rest")
    func oneCut() {
        let bodies = [bytes(20, 1), bytes(4200, 2), bytes(1, 3)]
        let expected = wire(bodies)
        for cut in 1..<expected.count {
            for body in bodies { queue.append(Answer([part(body)])) }
            var offered: [UInt8] = []
            queue.lendParts { offered += $0.array() }
            #expect(offered == expected)
            queue.didSend(cut)
            #expect(sent(from: queue, atMost: .max) == Array(expected[cut...]), "cut at \(cut)")
        }
    }

    @Test("many small answers leave as one part")
    func coalescing() {
        for number in 0..<100 { queue.append(Answer([part(bytes(20, number))])) }
        var partCount = 0
        queue.lendParts { _ in partCount += 1 }
        #expect(partCount == 1)
        #expect(sent(from: queue, atMost: 7) == wire((0..<100).map { bytes(20, $0) }))
    }

    @Test("answers added while others leave follow them", arguments: [1, 100, 5000])
    func interleaved(_ count: Int) {
        var expected: [UInt8] = []
        var sent: [UInt8] = []
        for number in 0..<300 {
            let body = bytes(number % 3 == 0 ? 4500 : 700, number)
            expected += wire([body])
            queue.append(Answer([part(body)]))
            var offered: [UInt8] = []
            queue.lendParts { offered += $0.array() }
            let taken = min(count, offered.count)
            sent += offered[..<taken]
            queue.didSend(taken)
        }
        sent += self.sent(from: queue, atMost: 10_000)
        #expect(sent == expected)
    }

    @Test("more pieces than one write takes leave in several")
    func manyPieces() {
        let bodies = (0..<150).map { bytes(4100, $0) }
        for body in bodies { queue.append(Answer([part(body)])) }
        var partCount = 0
        queue.lendParts { _ in partCount += 1 }
        #expect(partCount == OutputQueue.gatherCountMax)
        #expect(sent(from: queue, atMost: .max) == wire(bodies))
    }

    @Test("a range of a file is sent by itself, what stands around it by writes")
    func file() {
        let range = FileRange(
            file: FileID(3), start: FilePosition(100), size: ByteCount(50), owner: 0)
        queue.append(Answer([part([1]), .file(range), part([2])]))
        #expect(queue.size == 4 + 52)
        var offered: [UInt8] = []
        queue.lendParts { offered += $0.array() }
        #expect(offered == [0, 0, 0, 52, 1])
        queue.didSend(5)
        for sent in [0, 10, 30] {
            guard case .send(let rest) = queue.next else {
                Issue.record("no range after \(sent) bytes")
                return
            }
            #expect(rest.start.bytes == 100 + sent)
            #expect(rest.size.bytes == 50 - sent)
            queue.didSend(sent == 0 ? 10 : 20)
        }
        #expect(sent(from: queue, atMost: .max) == [2])
    }

    @Test("bytes that are lent are let go when they are sent, not before")
    func release() {
        final class Owner: LentBytes {
            let bytes = MappedSlice(
                MappedBytes.copying(size: 5000) { $0.byteCount }, in: 0..<5000)
            var size: ByteCount { bytes.size }
            func lend(_ body: (RawSpan) -> Void) { bytes.lend(body) }
        }
        weak var owner: Owner?
        do {
            let made = Owner()
            owner = made
            queue.append(Answer([.bytes(made)]))
        }
        for _ in 0..<9 { queue.append(Answer([part(bytes(5000, 0))])) }
        queue.didSend(4 + 4999)
        #expect(owner != nil)
        queue.didSend(1)
        #expect(owner == nil)
    }

    @Test("memory is held until the piece that it is of is sent, and none for bytes of files")
    func heldSize() {
        let mapped = MappedSlice(MappedBytes.copying(size: 6000) { $0.byteCount }, in: 0..<6000)
        queue.append(Answer([part(bytes(5000, 1)), .bytes(mapped), part(bytes(10, 2))]))
        #expect(queue.size == 4 + 5000 + 6000 + 10)
        #expect(queue.heldSize == 4 + 5000 + 10)
        queue.didSend(4 + 4999)
        #expect(queue.heldSize == 5000 + 10)
        queue.didSend(1)
        #expect(queue.heldSize == 10)
        queue.didSend(6009)
        #expect(queue.heldSize == 10)
        queue.didSend(1)
        #expect(queue.heldSize == 0)
    }

    @Test("an answer of nothing leaves nothing")
    func nothing() {
        queue.append(.nothing)
        #expect(queue.isEmpty)
        #expect(queue.next == nil)
    }
}
