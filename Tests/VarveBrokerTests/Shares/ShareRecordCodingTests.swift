import Testing
import VarveBytes
import VarveShares
import VarveTerms
import VarveWire

@testable import VarveBroker

/// Records that Apache Kafka 4.3.1 wrote for the group `share-one`, in hex.
@Suite("Records of share groups")
struct ShareRecordCodingTests {
    private static let group = "000973686172652d6f6e65"
    private static let member = "001647734d346a42634552544b51514468596e6c75424c51"
    private static let topic = "27ffaacaa0a04064b8f1f584c74cd355"

    private static let groupRecords: [(key: String, value: String?)] = [
        (
            "000a" + group + member,
            "00000015636f6e73756d65722d73686172652d6f6e652d330b2f3132372e302e302e31020a"
                + "636f6465632d6c7a3400"
        ),
        ("000b" + group, "0000000000023b80d337998eeb8600"),
        ("000d" + group + member, "00000100"),
        ("000c" + group, "000000000002010008000001a1fd2ddab3"),
        ("000e" + group + member, "00000000000200000000000100"),
        ("000f" + group, "000002" + topic + "0a636f6465632d6c7a34020000000000010100"),
        ("000f" + group, "00000102" + topic + "0a636f6465632d6c7a340200000000000100"),
        ("000d" + group + member, "000002" + topic + "02000000000000"),
        ("000e" + group + member, "000000000003000000020002" + topic + "02000000000000"),
        ("000e" + group + member, nil), ("000d" + group + member, nil),
        ("000a" + group + member, nil), ("000b" + group, "000000000004000000000000000000"),
    ]

    private static let stateRecords: [(key: String, value: String?)] = [
        (
            "0000" + group + topic + "00000000",
            "0000000000000000000200000000ffffffffffffffff000001a1fd2de39c000001a1fd2de39c0100"
        ),
        (
            "0001" + group + topic + "00000000",
            "0000000000000000000000000000000000000200000000000000000000000000000050"
                + "0200010001000400000051"
        ),
    ]

    private func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.map { $0 < 58 ? $0 - 48 : $0 - 87 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private func encoded(_ first: Int16, _ message: any WireMessage) throws -> [UInt8] {
        var writer = WireWriter()
        try message.encode(into: &writer, version: 0)
        return [UInt8(first >> 8), UInt8(first & 0xFF)] + writer.buffer.bytes.array()
    }

    /// - Returns: the same record as it is written here.
    private func again(_ record: some KeptRecord) throws -> (key: [UInt8], value: [UInt8]?) {
        (try encoded(record.type, record.key), try record.value.map { try encoded(0, $0) })
    }

    // MARK: Errors

    @Test("records that cannot be read are errors, never traps")
    func damage() throws {
        for (key, value) in Self.groupRecords + Self.stateRecords {
            let (key, value) = (bytes(key), value.map(bytes) ?? [])
            for cut in 0..<key.count { decode(Array(key[..<cut]), value) }
            for cut in 0..<value.count { decode(key, Array(value[..<cut])) }
            for place in value.indices {
                var broken = value
                broken[place] ^= 0xFF
                decode(key, broken)
            }
        }
    }

    private func decode(_ key: [UInt8], _ value: [UInt8]) {
        _ = try? ShareGroupRecord(key: key.rawSpan, value: value.rawSpan)
        if let record = try? ShareStateRecord(key: key.rawSpan, value: value.rawSpan) {
            var states = ShareStateCoordinator(.init(updatesPerSnapshot: 1))
            states.apply(record, at: Offset(0))
            if case .snapshot(_, let state?) = record {
                _ = SharePartition(state, limits: ShareLimits())
            }
        }
    }

    @Test("records of other kinds of groups are passed over")
    func others() throws {
        for type: UInt8 in [0, 1, 2, 3, 9, 16] {
            let key = [0, type] + bytes(Self.group)
            let value: [UInt8]? = nil
            #expect(try ShareGroupRecord(key: key.rawSpan, value: value?.rawSpan) == nil)
        }
    }

    // MARK: Golden

    @Test("records of groups are read, and written to the same bytes")
    func groups() throws {
        var coordinator = ShareGroupCoordinator()
        for (key, value) in Self.groupRecords {
            let (key, value) = (bytes(key), value.map(bytes))
            let record = try #require(
                try ShareGroupRecord(key: key.rawSpan, value: value?.rawSpan))
            let here = try again(record)
            #expect(here.key == key && here.value == value, "\(record)")
            coordinator.apply(record)
        }
        let group = try #require(coordinator.describe("share-one"))
        #expect(group.state == .empty && group.epoch == 4 && group.targetEpoch == 2)
        let topics = coordinator.topics(of: "share-one").initialized
        #expect(topics.values.map(\.name) == ["codec-lz4"])
    }

    @Test("records of states are read, and written to the same bytes")
    func states() throws {
        var coordinator = ShareStateCoordinator()
        for (key, value) in Self.stateRecords {
            let (key, value) = (bytes(key), value.map(bytes))
            let record = try #require(
                try ShareStateRecord(key: key.rawSpan, value: value?.rawSpan))
            let here = try again(record)
            #expect(here.key == key && here.value == value, "\(record)")
            coordinator.apply(record, at: Offset(0))
        }
        let key = try #require(SharePartitionKey("share-one:J_-qyqCgQGS48fWEx0zTVQ:0"))
        let state = try #require(coordinator.summary(of: key))
        #expect(state.stateEpoch == 2 && state.deliveryCompleteCount == 81)
        let partition = try #require(SharePartition(state, limits: ShareLimits()))
        #expect(partition.start == Offset(81) && partition.end == Offset(81))
    }
}
