import Testing
import VarveBytes
import VarveSim
import VarveTerms
import VarveTransport

@Suite("FrameAssembler")
struct FrameAssemblerTests {
    /// A frame's bytes on the wire.
    private func wire(_ body: [UInt8]) -> [UInt8] {
        var bytes = ByteBuffer()
        bytes.append(Int32(body.count))
        bytes.append(body)
        return bytes.bytes.array()
    }

    private func bodies(_ sizes: [Int]) -> [[UInt8]] {
        sizes.enumerated().map { number, size in
            (0..<size).map { UInt8(truncatingIfNeeded: $0 + 31 * number) }
        }
    }

    /// Takes `pieces` one after the other.
    private func frames(of pieces: [ArraySlice<UInt8>], sizeMax: ByteCount = .mib(1)) throws
        -> [[UInt8]]
    {
        var assembler = FrameAssembler(sizeMax: sizeMax)
        var frames: [[UInt8]] = []
        for piece in pieces {
            let piece = Array(piece)
            try assembler.take(piece.rawSpan) { frame in
                frames.append(frame.array())
                return .goOn
            }
        }
        #expect(assembler.heldSize == 0)
        #expect(assembler.memorySize == 0)
        return frames
    }

    // MARK: Refusals

    @Test(
        "a size that no frame can have is refused with its number",
        arguments: [
            (Int32(-1), FrameRefusal.negativeSize(-1)), (.min, .negativeSize(.min)),
            (1001, .tooLarge(1001, sizeMax: ByteCount(1000))),
            (.max, .tooLarge(.max, sizeMax: ByteCount(1000))),
        ])
    func refused(_ size: Int32, _ refusal: FrameRefusal) throws {
        var bytes = ByteBuffer()
        bytes.append(wire([7, 8]))
        bytes.append(size)
        let sent = bytes.bytes.array()
        for cut in 0...sent.count {
            var assembler = FrameAssembler(sizeMax: ByteCount(1000))
            var frames: [[UInt8]] = []
            var found: FrameRefusal?
            for piece in [Array(sent[..<cut]), Array(sent[cut...])] {
                do throws(FrameRefusal) {
                    try assembler.take(piece.rawSpan) { frame in
                        frames.append(frame.array())
                        return .goOn
                    }
                } catch {
                    found = error
                }
            }
            #expect(found == refusal)
            #expect(frames == [[7, 8]])
        }
    }

    @Test("the longest frame that may be is taken")
    func longest() throws {
        let body = bodies([1000])
        #expect(try frames(of: [wire(body[0])[...]], sizeMax: ByteCount(1000)) == body)
    }

    @Test("a size of 100 MiB takes no memory before its bytes come")
    func lyingSize() throws {
        var assembler = FrameAssembler(sizeMax: .mib(100))
        var bytes = ByteBuffer()
        bytes.append(Int32(100 << 20))
        try assembler.take(bytes.bytes) { _ in .goOn }
        #expect(assembler.memorySize <= 1024)
        var offered = 0
        _ = assembler.read { target in
            offered = target.byteCount
            return .notReady
        }
        #expect(offered == 64 << 10)
        #expect(assembler.heldSize == 4)
    }

    // MARK: Cutting

    @Test("frames cut at any two bytes come whole and in order")
    func everyCut() throws {
        let bodies = bodies([0, 1, 5, 0, 23])
        let sent = bodies.flatMap(wire)
        for first in 0...sent.count {
            for second in first...sent.count {
                let pieces = [sent[..<first], sent[first..<second], sent[second...]]
                #expect(try frames(of: pieces) == bodies, "cut at \(first) and \(second)")
            }
        }
    }

    @Test("frames come whole byte by byte")
    func byteByByte() throws {
        let bodies = bodies([0, 1, 300, 2])
        let sent = bodies.flatMap(wire)
        #expect(try frames(of: sent.indices.map { sent[$0...$0] }) == bodies)
    }

    @Test("frames behind a pause are held, and come later in order", arguments: 1...4)
    func pauses(_ count: Int) throws {
        let bodies = bodies([3, 0, 200, 1, 9, 9, 40])
        let sent = bodies.flatMap(wire)
        var assembler = FrameAssembler(sizeMax: .mib(1))
        var frames: [[UInt8]] = []
        func take(_ frame: RawSpan) -> FrameFlow {
            frames.append(frame.array())
            return frames.count % count == 0 ? .pause : .goOn
        }
        try assembler.take(sent.rawSpan, take)
        var turnCount = 0
        while frames.count < bodies.count, turnCount < 10 {
            #expect(frames == Array(bodies.prefix(frames.count)))
            #expect(frames.count % count == 0)
            try assembler.takeHeld(take)
            turnCount += 1
        }
        #expect(frames == bodies)
        #expect(assembler.memorySize == 0)
    }

    @Test("memory follows the bytes that came, and is given back", arguments: [1, 900, 70_000])
    func memory(_ pieceSize: Int) throws {
        let body = [UInt8](repeating: 5, count: pieceSize == 1 ? 5000 : 3 << 20)
        let sent = wire(body) + wire([1])
        var assembler = FrameAssembler(sizeMax: .mib(100))
        var place = 0
        var frameSizes: [Int] = []
        while place < sent.count {
            let outcome = assembler.read { target in
                let count = min(pieceSize, target.byteCount, sent.count - place)
                for index in 0..<count {
                    target.storeBytes(of: sent[place + index], toByteOffset: index, as: UInt8.self)
                }
                place += count
                return .bytes(count)
            }
            #expect(outcome != .notReady)
            #expect(assembler.memorySize <= 2 * (assembler.heldSize + (64 << 10)))
            try assembler.takeHeld { frame in
                frameSizes.append(frame.byteCount)
                return .goOn
            }
        }
        #expect(frameSizes == [body.count, 1])
        #expect(assembler.memorySize == 0)
    }

    @Test("random frames in random pieces, with pauses and both ways of reading", arguments: 0..<20)
    func random(_ seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let bodies = bodies(
            (0..<50).map { _ in
                Int.random(in: 0...(Bool.random(using: &generator) ? 40 : 9000), using: &generator)
            })
        let sent = bodies.flatMap(wire)
        var assembler = FrameAssembler(sizeMax: .mib(1))
        var frames: [[UInt8]] = []
        var flow = generator
        func take(_ frame: RawSpan) -> FrameFlow {
            frames.append(frame.array())
            return Int.random(in: 0..<4, using: &flow) == 0 ? .pause : .goOn
        }
        var place = 0
        while frames.count < bodies.count {
            let count = min(sent.count - place, Int.random(in: 0...3000, using: &generator))
            if Bool.random(using: &generator), count > 0 {
                var taken = 0
                _ = assembler.read { target in
                    taken = min(count, target.byteCount)
                    for index in 0..<taken {
                        target.storeBytes(
                            of: sent[place + index], toByteOffset: index, as: UInt8.self)
                    }
                    return .bytes(taken)
                }
                place += taken
                try assembler.takeHeld(take)
            } else {
                let piece = Array(sent[place..<place + count])
                place += count
                try assembler.take(piece.rawSpan, take)
            }
        }
        #expect(frames == bodies, "seed \(seed)")
        #expect(assembler.heldSize == 0)
    }
}
