import Testing
import Varve
import VarveBytes
import VarveSim
import VarveSystem

@Suite("a commit that fails")
struct CommitFailureTests {
    @Test("a full disk refuses every append of the commit, keeps none, and the log goes on")
    func fullDisk() throws {
        let world = SimulatedLog()
        let log = try world.open()
        try log.append("before")
        let tickets = try (0..<3).map { try accepted(log.submit(Record(text: "lost \($0)"))) }
        world.disk.failNext(.write, with: .noSpace)
        log.commit()
        for ticket in tickets {
            guard case .failed(.file(let error)) = log.outcome(of: ticket) else {
                Issue.record("\(log.outcome(of: ticket))")
                return
            }
            #expect(error.error == .noSpace)
        }
        #expect(try log.append("after") == Offset(1))
        #expect(try values(of: log) == ["before", "after"])
        #expect(try world.valuesAfterPowerCut() == ["before", "after"])
    }

    @Test(
        "what was submitted while a commit failed fails with it: its offsets follow the lost ones")
    func collectedMeanwhile() throws {
        let world = SimulatedLog()
        let log = try world.open()
        let first = try accepted(log.submit(Record(text: "first")))
        world.disk.failNext(.write, with: .noSpace)
        log.commit()
        let second = try accepted(log.submit(Record(text: "second")))
        #expect(second.offsets == first.offsets)
        log.commit()
        #expect(log.outcome(of: second) == .acknowledged)
        guard case .failed = log.outcome(of: first) else {
            Issue.record("\(log.outcome(of: first))")
            return
        }
    }

    @Test("a failed flush acknowledges nothing, poisons the log, and keeps what was safe before")
    func failedFlush() throws {
        let world = SimulatedLog()
        let log = try world.open()
        try log.append("safe")
        world.disk.failNext(.flush, with: .inputOutput)
        #expect {
            try log.append("lost")
        } throws: { error in
            guard case LogError.poisoned = error else { return false }
            return true
        }
        #expect {
            try log.append("refused")
        } throws: { error in
            guard case LogError.poisoned = error else { return false }
            return true
        }
        #expect(try values(of: log) == ["safe"])
        #expect(try world.valuesAfterPowerCut() == ["safe"])
    }

    @Test("a resumed log takes appends again, at the offsets that the failed ones gave up")
    func resumed() throws {
        let world = SimulatedLog()
        let log = try world.open()
        #expect(try log.resume() == nil)
        try log.append("safe")
        let lost = try accepted(log.submit(Record(text: "lost")))
        world.disk.failNext(.flush, with: .noSpace)
        log.commit()
        world.disk.fail(ordinal: 0, of: [.flush], with: .inputOutput)
        #expect(throws: LogError.self) { try log.resume() }
        #expect(throws: LogError.self) { try log.append("refused") }
        let resumption = try log.resume()
        #expect(resumption?.dropped == lost.offsets)
        #expect(resumption?.cause.error == .noSpace)
        #expect(try log.append("after") == Offset(1))
        guard case .failed(.poisoned) = log.outcome(of: lost) else {
            Issue.record("\(log.outcome(of: lost))")
            return
        }
        #expect(try values(of: log) == ["safe", "after"])
        #expect(try world.valuesAfterPowerCut() == ["safe", "after"])
        try log.close()
        #expect(throws: LogError.self) { try log.append("closed") }
        #expect(throws: LogError.self) { try log.resume() }
    }

    @Test("a record over the limit is refused alone; others of the same commit are not touched")
    func tooLarge() throws {
        let world = SimulatedLog()
        var settings = SimulatedLog.settings()
        settings.log.batchSizeMax = ByteCount(1000)
        let log = try world.open(settings)
        let ticket = try accepted(log.submit(Record(text: "small")))
        #expect(throws: LogError.self) {
            try log.submit(Record(value: [UInt8](repeating: 1, count: 2000)))
        }
        log.commit()
        #expect(log.outcome(of: ticket) == .acknowledged)
        #expect(try values(of: log) == ["small"])
    }

    @Test("batches from outside that are damaged are refused before any lock is taken")
    func damagedBatch() throws {
        let world = SimulatedLog()
        let log = try world.open()
        let noise = [UInt8](repeating: 0xAB, count: 200)
        func submit() throws { _ = try log.submit(batches: noise.rawSpan) }
        #expect {
            try submit()
        } throws: { error in
            guard case LogError.refused = error else { return false }
            return true
        }
        #expect(log.ends.written == .zero)
    }
}

func accepted(_ outcome: SubmitOutcome) throws -> AppendTicket {
    guard case .accepted(let ticket) = outcome else { throw Full() }
    return ticket
}

struct Full: Error {}
