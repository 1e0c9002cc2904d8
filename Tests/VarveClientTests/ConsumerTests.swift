import Testing
import VarveBytes
import VarveClient
import VarveRecords
import VarveTerms
import VarveTransport
import VarveWire

@Suite("Consumer")
struct ConsumerTests {
    private let texts = (0..<20).map { "record \($0)" }

    /// Logs with the texts, two in each batch.
    private func filled(partitions: Int32 = 1) throws -> ScriptedLogs {
        let logs = ScriptedLogs(partitions: partitions)
        var settings = ProducerSettings()
        settings.batchSize = ByteCount(100)
        let producer = try Producer("t", logs.makeClient(), settings: settings)
        for text in texts {
            let value = Array(text.utf8)
            try producer.append(
                key: nil, value: value.rawSpan, headers: HeaderList(),
                timestamp: Timestamp(milliseconds: 5))
        }
        try producer.settle()
        return logs
    }

    private func read(
        _ logs: ScriptedLogs, from positions: [Int32: Offset], until ends: [Int32: Offset]
    ) throws(ClientError) -> (values: [String], skipped: [Range<Offset>]) {
        var consumer = Consumer("t", logs.makeClient(), from: positions, until: ends)
        var scanner = RecordScanner()
        var values: [String] = []
        var skipped: [Range<Offset>] = []
        while !consumer.isDone {
            let round = try consumer.next()
            skipped += round.skipped.map(\.offsets)
            for batch in round.batches {
                try? scanner.forEachRecord(in: consumer.bytes(of: batch)) { record in
                    if batch.wanted.contains(record.offset) { values.append(record.valueText!) }
                }
            }
        }
        return (values, skipped)
    }

    @Test("a damaged batch ends it, with the offset that it lies behind")
    func damaged() throws {
        let logs = try filled()
        logs.troubles = [nil, .flipped]
        let error = #expect(throws: ClientError.self) {
            try read(logs, from: [0: .zero], until: [0: Offset(20)])
        }
        guard case .records("t-0", let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.hasPrefix("a batch behind offset 4 is damaged: "))
    }

    @Test("exactly the records between two offsets are wanted, wherever batches begin")
    func bounds() throws {
        let logs = try filled()
        for start in 0..<20 {
            for end in start...20 {
                let (values, _) = try read(
                    logs, from: [0: Offset(Int64(start))], until: [0: Offset(Int64(end))])
                #expect(values == Array(texts[start..<end]))
            }
        }
    }

    @Test("a batch that is cut is asked for again, and one that stays so is no end of it")
    func cut() throws {
        let logs = try filled()
        logs.troubles = [.cut, nil, .cut]
        let (values, _) = try read(logs, from: [0: .zero], until: [0: Offset(20)])
        #expect(values == texts)
    }

    @Test("after a loss, or behind a leader that moved, it goes on where it was")
    func lost() throws {
        for place in 0..<6 {
            for trouble in [ScriptedLogs.Trouble.lost, .moved, .code(.kafkaStorageError)] {
                let logs = try filled()
                logs.troubles = Array(repeating: nil, count: place) + [trouble]
                let (values, _) = try read(logs, from: [0: .zero], until: [0: Offset(20)])
                #expect(values == texts)
            }
        }
    }

    @Test("offsets that were deleted meanwhile are told and passed over")
    func deleted() throws {
        let logs = try filled(partitions: 2)
        logs.start = 4
        let (values, skipped) = try read(
            logs, from: [0: .zero, 1: Offset(1)], until: [0: Offset(10), 1: Offset(10)])
        #expect(skipped == [.zero..<Offset(4), Offset(1)..<Offset(4)])
        #expect(values.count == 12)
        logs.start = 0
        // Behind the end nothing was deleted: that is a mistake.
        logs.troubles = [.code(.offsetOutOfRange)]
        #expect(throws: ClientError.refused(.offsetOutOfRange, subject: "t-0", message: nil)) {
            try read(logs, from: [0: .zero], until: [0: Offset(10)])
        }
    }
}
