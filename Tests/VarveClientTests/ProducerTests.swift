import Testing
import VarveBytes
import VarveClient
import VarveRecords
import VarveSim
import VarveTerms
import VarveTransport
import VarveWire

@Suite("Producer")
struct ProducerTests {
    private func append(_ texts: some Sequence<String>, to producer: Producer) throws {
        for text in texts {
            let value = Array(text.utf8)
            try producer.append(
                key: nil, value: value.rawSpan, headers: HeaderList(),
                timestamp: Timestamp(milliseconds: 5))
        }
    }

    /// Each record fills a batch.
    private var small: ProducerSettings {
        var settings = ProducerSettings()
        settings.batchSize = ByteCount(70)
        return settings
    }

    private let texts = (0..<20).map { "a record with the number \($0)" }

    @Test("a topic or partition that is not there is refused before anything is sent")
    func unknown() {
        let logs = ScriptedLogs()
        var settings = ProducerSettings()
        settings.partition = 3
        #expect(throws: ClientError.self) {
            try Producer("t", logs.makeClient(), settings: settings)
        }
        #expect(throws: ClientError.self) { try Producer("u", logs.makeClient()) }
        #expect(logs.network.count(of: .produce) == 0)
    }

    @Test("a batch that the broker refuses for good ends it, with the partition's name")
    func refused() throws {
        let logs = ScriptedLogs()
        logs.troubles = [nil, .code(.messageTooLarge)]
        let producer = try Producer("t", logs.makeClient(), settings: small)
        let error = #expect(throws: ClientError.self) {
            try append(texts, to: producer)
            try producer.settle()
        }
        #expect(error == .refused(.messageTooLarge, subject: "t-0", message: nil))
        #expect(producer.acknowledgedCount == 1)
    }

    @Test("what was lost on the way is sent again, in order and with its numbers, and stored once")
    func lost() throws {
        for place in 0..<20 {
            let logs = ScriptedLogs()
            logs.troubles = Array(repeating: nil, count: place) + [.lost]
            let producer = try Producer("t", logs.makeClient(), settings: small)
            try append(texts, to: producer)
            try producer.settle()
            #expect(try logs.values() == texts)
            #expect(producer.acknowledgedCount == 20)
            #expect(producer.receipts[0]?.first == .zero)
            #expect(producer.receipts[0]?.end == Offset(20))
            #expect(logs.sequences[0].count > 20)
            #expect(Set(logs.sequences[0]) == Set(0..<20))
        }
    }

    @Test("batches follow a partition to its new leader, and wait while there is none")
    func moved() throws {
        let logs = ScriptedLogs()
        logs.troubles = [
            nil, nil, .moved, nil, .code(.leaderNotAvailable), .code(.notEnoughReplicas),
        ]
        let producer = try Producer("t", logs.makeClient(), settings: small)
        try append(texts, to: producer)
        try producer.settle()
        #expect(try logs.values() == texts)
        #expect(logs.leader == 2)
    }

    @Test("a broker that stays away ends it after the patience, however much was sent before")
    func away() throws {
        let logs = ScriptedLogs()
        let producer = try Producer("t", logs.makeClient(), settings: small)
        try append(texts, to: producer)
        try producer.settle()
        logs.network.brokers = [:]
        let start = logs.network.hands.now()
        try append(["one more"], to: producer)
        // The connection that is open still answers; a new one is refused.
        logs.troubles = [.lost]
        let error = #expect(throws: ClientError.self) { try producer.settle() }
        guard case .unreachable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let waited = logs.network.hands.now().duration(since: start)
        #expect(waited > .seconds(28))
        #expect(waited <= .seconds(30))
        #expect(producer.acknowledgedCount == 20)
    }

    @Test("without acknowledgements nothing is waited for, and nothing has a number")
    func unacknowledged() throws {
        let logs = ScriptedLogs()
        var settings = small
        settings.acknowledgement = .none
        let producer = try Producer("t", logs.makeClient(), settings: settings)
        try append(texts, to: producer)
        try producer.settle()
        #expect(try logs.values() == texts)
        #expect(Set(logs.sequences[0]) == [-1])
        #expect(producer.acknowledgedCount == 20)
        #expect(producer.receipts[0]?.first == nil)
    }

    @Test("records without a key go round, batch by batch; those with one keep to its partition")
    func partitions() throws {
        let logs = ScriptedLogs(partitions: 3)
        let producer = try Producer("t", logs.makeClient(), settings: small)
        try append(texts, to: producer)
        try producer.settle()
        #expect(logs.logs.map(\.count) == [7, 7, 6])
        let key = Array("21".utf8)
        for text in texts {
            let value = Array(text.utf8)
            try producer.append(
                key: key.rawSpan, value: value.rawSpan, headers: HeaderList(),
                timestamp: Timestamp(milliseconds: 5))
        }
        try producer.settle()
        let place = KeyPartitioner.partition(of: key.rawSpan, among: 3)
        #expect(try logs.values(of: place).suffix(20) == texts[...])
    }
}
