import Testing
import VarveBytes
import VarveRecords

@Suite struct ControlRecordTests {
    @Test("a key that is short or of a negative version is none")
    func malformed() {
        #expect(Self.control([0, 0, 0]) == nil)
        #expect(Self.control([0xFF, 0xFF, 0, 1]) == nil)
        #expect(Self.marker([0, 0, 0, 0, 0]) == nil)
        #expect(Self.marker([0x80, 0, 0, 0, 0, 0]) == nil)
    }

    @Test("types 0 to 6 have names, others keep their number")
    func kinds() {
        let kinds: [ControlRecord.Kind] = [
            .abort, .commit, .leaderChange, .snapshotHeader, .snapshotFooter, .kraftVersion,
            .kraftVoters, .unknown(7),
        ]
        for (number, kind) in kinds.enumerated() {
            #expect(Self.control([0, 0, 0, UInt8(number)])?.kind == kind)
            #expect(kind.number == Int16(number))
        }
        #expect(Self.control([0, 3, 0xFF, 0xFF]) == ControlRecord(.unknown(-1), version: 3))
    }

    @Test("what later versions append is not looked at")
    func longer() {
        #expect(Self.control([0, 1, 0, 0, 9, 9]) == ControlRecord(.abort, version: 1))
        let marker = Self.marker([0, 1, 0, 0, 1, 0, 9])
        #expect(marker == EndTransactionMarker(coordinatorEpoch: 256, version: 1))
    }

    @Test("Kafka's COMMIT marker decodes")
    func golden() throws {
        let record = try #require(try records(of: Golden.commitMarker).first)
        #expect(Self.control(record.key ?? []) == ControlRecord(.commit))
        #expect(Self.marker(record.value ?? []) == EndTransactionMarker(coordinatorEpoch: 9))
    }

    private static func control(_ bytes: [UInt8]) -> ControlRecord? {
        ControlRecord(key: bytes.rawSpan)
    }

    private static func marker(_ bytes: [UInt8]) -> EndTransactionMarker? {
        EndTransactionMarker(value: bytes.rawSpan)
    }
}
