import Testing
import VarveMetadata
import VarveTerms
import VarveWire

@Suite("MetadataReplay")
struct MetadataReplayTests {
    private static func topic(_ number: UInt64) -> MetadataRecord {
        .topic(TopicRecord(name: "t\(number)", topicId: UniqueID(high: 0, low: number)))
    }

    private static let begin = MetadataRecord.beginTransaction(BeginTransactionRecord(name: "x"))
    private static let end = MetadataRecord.endTransaction(EndTransactionRecord())
    private static let abort = MetadataRecord.abortTransaction(AbortTransactionRecord())

    @Test(
        "brackets that do not pair are refused",
        arguments: [[end], [abort], [begin, begin], [begin, end, end]])
    func unpaired(records: [MetadataRecord]) throws {
        var replay = MetadataReplay()
        for record in records.dropLast() { try replay.replay(record) }
        let error = #expect(throws: MetadataError.self) { try replay.replay(records.last!) }
        guard case .misplaced? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("records of a transaction that was given up do not count")
    func aborted() throws {
        var replay = MetadataReplay()
        let records = [Self.topic(1), Self.begin, Self.topic(2), Self.abort, Self.topic(3)]
        for record in records { try replay.replay(record) }
        #expect(replay.image.topics.keys.sorted() == ["t1", "t3"])
    }

    @Test("records of a transaction that has no end count only for whoever goes on with it")
    func open() throws {
        var replay = MetadataReplay()
        for record in [Self.topic(1), Self.begin, Self.topic(2)] { try replay.replay(record) }
        #expect(replay.isInTransaction)
        #expect(replay.withoutOpenTransaction.topics.keys.sorted() == ["t1"])
        try replay.replay(Self.end)
        #expect(!replay.isInTransaction)
        #expect(replay.withoutOpenTransaction.topics.keys.sorted() == ["t1", "t2"])
    }
}
