import Testing
import VarveBytes
import VarveClient
import VarveRecords
import VarveTerms
import VarveTransport
import VarveWire

@Suite("Consumer: isolation")
struct ConsumerIsolationTests {
    private let logs = ScriptedLogs()

    /// Stores a batch of a producer's transaction, or of none.
    private func write(
        _ values: [String], of producer: Int64, as kind: BatchSettings.Kind = .transactional
    ) throws {
        var builder = RecordBatchBuilder()
        var settings = BatchSettings()
        settings.kind = kind
        settings.producer = ProducerStamp(id: producer, epoch: 0, baseSequence: 0)
        builder.begin(settings)
        for value in values {
            let bytes = Array(value.utf8)
            _ = try builder.append(
                key: nil, value: bytes.rawSpan, timestamp: Timestamp(milliseconds: 1))
        }
        try finish(&builder)
    }

    private func end(_ producer: Int64, _ outcome: TransactionOutcome) throws {
        var builder = RecordBatchBuilder()
        try builder.beginMarker(
            outcome, of: ProducerStamp(id: producer, epoch: 0, baseSequence: nil),
            marker: EndTransactionMarker(coordinatorEpoch: 0), at: .zero, leaderEpoch: nil,
            timestamp: Timestamp(milliseconds: 2))
        try finish(&builder)
    }

    private func finish(_ builder: inout RecordBatchBuilder) throws {
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        logs.store(output.bytes.array())
    }

    private func read(
        from start: Int64 = 0, _ isolation: Isolation
    ) throws(ClientError) -> (values: [String], markers: Int) {
        var consumer = Consumer(
            "t", logs.makeClient(), from: [0: Offset(start)], until: [0: Offset(logs.end())],
            isolation: isolation)
        var scanner = RecordScanner()
        var values: [String] = []
        var markers = 0
        while !consumer.isDone {
            for batch in try consumer.next().batches {
                guard !batch.isControl else {
                    markers += 1
                    continue
                }
                try? scanner.forEachRecord(in: consumer.bytes(of: batch)) { record in
                    if batch.wanted.contains(record.offset) { values.append(record.valueText!) }
                }
            }
        }
        return (values, markers)
    }

    /// Transactions of producer 7, aborted, committed and aborted again, one of 8 across the first
    /// of them, an aborted one of 9, and records of no transaction, p:
    ///
    ///     0  1  2  3  4   5  6   7  8   9  10  11  12  13  14
    ///     7  7  8  7  A7  7  C8  7  C7  7  p   p   A7  9   A9
    private func fill() throws {
        try write(["0", "1"], of: 7)
        try write(["2"], of: 8)
        try write(["3"], of: 7)
        try end(7, .abort)
        try write(["5"], of: 7)
        try end(8, .commit)
        try write(["7"], of: 7)
        try end(7, .commit)
        try write(["9"], of: 7)
        try write(["10"], of: 9, as: .plain)
        try write(["11"], of: 7, as: .plain)
        try end(7, .abort)
        try write(["13"], of: 9)
        try end(9, .abort)
        logs.aborted = [(9, 13, 14), (7, 0, 4), (7, 9, 12)]
    }

    @Test("what was aborted is left out, wherever reading begins, and markers end it")
    func committed() throws {
        try fill()
        let shown = [2, 5, 7, 10, 11]
        for start in 0..<logs.end() {
            let (values, markers) = try read(from: start, .committed)
            #expect(values == shown.filter { $0 >= start }.map { "\($0)" }, "from \(start)")
            #expect(markers == [4, 6, 8, 12, 14].count { $0 >= start })
        }
    }

    @Test("who reads uncommitted records is shown all of them")
    func uncommitted() throws {
        try fill()
        #expect(
            try read(.uncommitted).values
                == [0, 1, 2, 3, 5, 7, 9, 10, 11, 13].map { "\($0)" })
    }
}
