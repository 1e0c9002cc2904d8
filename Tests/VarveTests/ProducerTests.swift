import Testing
import Varve
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem

@Suite("a shared log with producers")
struct ProducerTests {
    private func batch(
        _ sequence: Int32, count: Int = 1, isTransactional: Bool = false
    ) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        var settings = BatchSettings()
        settings.producer = ProducerStamp(id: 7, epoch: 0, baseSequence: sequence)
        settings.kind = isTransactional ? .transactional : .plain
        builder.begin(settings)
        for number in 0..<count {
            _ = try builder.append(
                key: nil, value: Array("\(Int(sequence) + number)".utf8).rawSpan,
                timestamp: Timestamp(milliseconds: 1_000))
        }
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }

    private func submit(
        _ log: SharedLog, _ sequence: Int32, count: Int = 1
    ) throws -> SubmitOutcome {
        let batch = try batch(sequence, count: count)
        return try log.submit(batches: batch.rawSpan)
    }

    private func append(
        _ log: SharedLog, _ sequence: Int32, count: Int = 1, isTransactional: Bool = false
    ) throws -> Range<Offset> {
        let batch = try batch(sequence, count: count, isTransactional: isTransactional)
        return try log.append(batches: batch.rawSpan)
    }

    private func refusal(_ body: () throws -> Void) -> LogError? {
        do {
            try body()
            return nil
        } catch {
            return error as? LogError
        }
    }

    @Test("a gap is refused when it is handed over, what is only collected counts")
    func gap() throws {
        let log = try SimulatedLog().open()
        _ = try accepted(submit(log, 0, count: 2))
        #expect(
            refusal { _ = try submit(log, 3) }
                == .producer(.outOfOrderSequence(producerId: 7, expected: 2, found: 3)))
        _ = try accepted(submit(log, 2))
        log.commit()
        #expect(try values(of: log) == ["0", "1", "2"])
    }

    @Test("a duplicate of what is only collected has its offsets, and waits for its commit")
    func duplicate() throws {
        let log = try SimulatedLog().open()
        let first = try accepted(submit(log, 0, count: 2))
        let again = try accepted(submit(log, 0, count: 2))
        #expect(again.isDuplicate && !first.isDuplicate && again.offsets == first.offsets)
        #expect(log.outcome(of: again) == .pending)
        log.commit()
        #expect(log.outcome(of: again) == .acknowledged)
        #expect(try append(log, 0, count: 2) == first.offsets)
        #expect(try append(log, 2) == Offset(2)..<Offset(3))
    }

    @Test("when a commit fails its batches are forgotten, and a duplicate fails with its original")
    func failedCommit() throws {
        let world = SimulatedLog()
        let log = try world.open()
        _ = try append(log, 0)
        let lost = try accepted(submit(log, 1))
        let again = try accepted(submit(log, 1))
        world.disk.failNext(.write, with: .noSpace)
        log.commit()
        for ticket in [lost, again] {
            guard case .failed = log.outcome(of: ticket) else {
                Issue.record("\(log.outcome(of: ticket))")
                continue
            }
        }
        #expect(
            refusal { _ = try submit(log, 2) }
                == .producer(.outOfOrderSequence(producerId: 7, expected: 1, found: 2)))
        #expect(try append(log, 1) == Offset(1)..<Offset(2))
        #expect(try world.valuesAfterPowerCut() == ["0", "1"])
    }

    @Test("after a truncation the sequence goes on where the log does")
    func truncation() throws {
        let log = try SimulatedLog().open()
        for sequence in 0..<3 { _ = try append(log, Int32(sequence)) }
        try log.truncate(to: Offset(1))
        #expect(
            refusal { _ = try append(log, 3) }
                == .producer(.outOfOrderSequence(producerId: 7, expected: 1, found: 3)))
        #expect(try append(log, 1) == Offset(1)..<Offset(2))
    }

    @Test("tasks are told the first offsets of a duplicate, too")
    func tasks() async throws {
        let log = try SimulatedLog().open()
        #expect(try await log.append(batches: try batch(0)) == Offset(0)..<Offset(1))
        #expect(try await log.append(batches: try batch(0)) == Offset(0)..<Offset(1))
        #expect(try await log.append(batches: try batch(1)) == Offset(1)..<Offset(2))
        try log.close()
    }

    @Test("a marker ends a transaction, for readers of committed records")
    func transaction() throws {
        let log = try SimulatedLog().open()
        _ = try append(log, 0, isTransactional: true)
        try log.append("plain")
        #expect(log.lastStableOffset == .zero)
        let producer = ProducerStamp(id: 7, epoch: 0, baseSequence: nil)
        #expect(try log.appendMarker(.abort, of: producer, coordinatorEpoch: 3) == Offset(2))
        #expect(log.lastStableOffset == Offset(3))
        #expect(
            refusal {
                try log.appendMarker(.abort, of: producer, coordinatorEpoch: 2)
            } == .producer(.staleCoordinator(producerId: 7, current: 3, found: 2)))
    }
}
