import Testing
import VarveSim
import VarveTerms
import VarveTransport

/// What becomes of connections when answers that nobody takes fill the memory for them.
@Suite("Budget of unsent answers")
struct AnswerBudgetTests {
    private static let answer = [UInt8](repeating: 7, count: 100_000)

    /// A loop whose every answer takes 100,000 bytes.
    private static func scene(room: Int) throws -> LoopScene {
        let service = TestService()
        service.onFrame = { _ in TestService.answer(answer) }
        var (limits, server) = (LoopLimits(), ServerLimits())
        limits.outputSizeMax = .mib(100)
        server.answerMemoryMax = ByteCount(room)
        return try LoopScene(service, limits: limits, server: server)
    }

    @Test("who holds some waits with its next requests, and nobody else")
    func pause() throws {
        let scene = try Self.scene(room: 200_000)
        let slow = try scene.connect()
        slow.isReading = false
        for _ in 0..<60 { slow.send(frame: [1]) }
        scene.settle()
        #expect(scene.loop.tally.frameCount == 2)
        #expect(scene.ledger.answers.used == ByteCount(200_004))
        let quick = try scene.connect()
        for number in 1...20 {
            quick.send(frame: [2])
            scene.turns { quick.frames.count == number }
        }
        #expect(scene.loop.tally.frameCount == 22)
        slow.isReading = true
        scene.turns { slow.frames.count == 60 }
        #expect(slow.frames.allSatisfy { $0 == Self.answer })
        #expect(scene.ledger.answers.used == .zero)
    }

    @Test("from twice the budget on one connection at a time gets on")
    func overrun() throws {
        let scene = try Self.scene(room: 100_000)
        let slow = try (0..<10).map { _ in try scene.connect() }
        for client in slow {
            client.isReading = false
            client.send(frame: [1])
        }
        scene.settle()
        // Two answers fill it twice; the third is of the one that reads all the same.
        #expect(scene.loop.tally.frameCount == 3)
        #expect(scene.loop.tally.starvedCount == 7)
        let quick = try scene.connect()
        quick.send(frame: [2])
        scene.settle()
        #expect(quick.frames.isEmpty)
        for client in slow { client.isReading = true }
        scene.turns { (slow + [quick]).allSatisfy { $0.frames == [Self.answer] } }
        #expect(scene.ledger.answers.used == .zero)
    }

    @Test("a peer that takes nothing keeps others from getting on for a second")
    func privilege() throws {
        let scene = try Self.scene(room: 100_000)
        let slow = try (0..<3).map { _ in try scene.connect() }
        for client in slow {
            client.isReading = false
            client.send(frame: [1])
        }
        scene.settle()
        let quick = try (0..<3).map { _ in try scene.connect() }
        for client in quick { for _ in 0..<5 { client.send(frame: [2]) } }
        scene.settle()
        #expect(quick.allSatisfy { $0.frames.isEmpty })
        scene.clock.advance(by: .seconds(1))
        scene.turns { quick.allSatisfy { $0.frames.count == 5 } }
        #expect(slow.allSatisfy { $0.frames.isEmpty })
    }

    @Test("a connection that ends gives back what its answers held")
    func ending() throws {
        let scene = try Self.scene(room: 100_000)
        let slow = try scene.connect()
        slow.isReading = false
        slow.send(frame: [1])
        scene.settle()
        #expect(scene.ledger.answers.used > .zero)
        scene.pass(.seconds(61))
        #expect(scene.service.closed == [.stalled])
        #expect(scene.ledger.answers.used == .zero)
    }
}
