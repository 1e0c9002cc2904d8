import Testing
import VarveBytes
import VarveGroups
import VarveTerms
import VarveWire

@testable import VarveBroker

/// Records of consumer groups, against those that Apache Kafka 4.3.1 wrote.
@Suite("records of consumer groups")
struct ConsumerRecordCodingTests {
    /// A record of `__consumer_offsets` in hexadecimal digits; without a value, a tombstone.
    struct Golden {
        var key: [UInt8]
        var value: [UInt8]?

        init(_ key: String, _ value: String?) {
            self.key = Self.bytes(key)
            self.value = value.map(Self.bytes)
        }

        private static func bytes(_ hex: String) -> [UInt8] {
            let digits = hex.utf8.map { $0 < 58 ? $0 - 48 : $0 - 87 }
            return stride(from: 0, to: digits.count, by: 2).map {
                digits[$0] << 4 | digits[$0 + 1]
            }
        }
    }

    static let golden = [
        Golden(
            "0003001067726f75702d636f6e73756d65722d30",
            "00000000000201000836980fed339e6c64"),
        Golden(
            "0005001067726f75702d636f6e73756d65722d310016365362626d6e5a4e5444"
                + "2d35483756574e7063634f41",
            "0000097374617469632d310023636f6e73756d65722d67726f75702d636f6e73"
                + "756d65722d312d7374617469632d310b2f3132372e302e302e31030b636f6465"
                + "632d6e6f6e65106d616e792d706172746974696f6e7301000493e00001000100"),
        Golden(
            "0007001067726f75702d636f6e73756d65722d310016365362626d6e5a4e5444"
                + "2d35483756574e7063634f41",
            "000003a7d6827b9ef34d459e3b1a2582293161020000000000187e616bf5fe4a"
                + "6998c19a06e7ec9bb0040000000000000001000000020000"),
        Golden(
            "0006001067726f75702d636f6e73756d65722d31",
            "000000000002010008000001a1fd2dd967"),
        Golden(
            "0008001067726f75702d636f6e73756d65722d310016365362626d6e5a4e5444"
                + "2d35483756574e7063634f41",
            "000000000002000000000003187e616bf5fe4a6998c19a06e7ec9bb004000000"
                + "00000000010000000201000d04000000020000000200000002a7d6827b9ef34d"
                + "459e3b1a2582293161020000000001000502000000020100"),
        Golden(
            "0008001067726f75702d636f6e73756d65722d310016365362626d6e5a4e5444"
                + "2d35483756574e7063634f41",
            "0000fffffffe000000000003187e616bf5fe4a6998c19a06e7ec9bb004000000"
                + "00000000010000000201000d04000000000000000000000000a7d6827b9ef34d"
                + "459e3b1a2582293161020000000001000502000000000100"),
        Golden(
            "0008001067726f75702d636f6e73756d65722d3000164757774578754b61536c"
                + "53537a506b69474935756577",
            nil),
        Golden(
            "0003001067726f75702d636f6e73756d65722d30",
            "00000000000300"),
    ]

    private func decode(_ key: [UInt8], _ value: [UInt8]?) throws -> GroupRecord? {
        guard let value else { return try GroupRecordCoding.decode(key: key.rawSpan, value: nil) }
        return try GroupRecordCoding.decode(key: key.rawSpan, value: value.rawSpan)
    }

    private func encode(_ record: GroupRecord) throws -> (key: [UInt8], value: [UInt8]?) {
        var key = WireWriter()
        var value = WireWriter()
        try GroupRecordCoding.encodeKey(of: record, into: &key)
        let hasValue = try GroupRecordCoding.encodeValue(of: record, into: &value)
        let none: [UInt8] = []
        return (
            key.joined(with: none.rawSpan), hasValue ? value.joined(with: none.rawSpan) : nil
        )
    }

    @Test("records are written as Kafka writes them", arguments: golden.indices)
    func bytes(_ place: Int) throws {
        let golden = Self.golden[place]
        let record = try #require(try decode(golden.key, golden.value))
        let written = try encode(record)
        #expect(written.key == golden.key)
        if case .consumer(_, .target(_, _?)) = record {
            // Kafka's order of topics is its hash table's.
            #expect(written.value?.count == golden.value?.count)
            #expect(try decode(written.key, written.value) == record)
        } else {
            #expect(written.value == golden.value)
        }
    }

    @Test("Kafka's records give the group that it had")
    func group() throws {
        var coordinator = GroupCoordinator()
        for golden in Self.golden {
            guard let record = try decode(golden.key, golden.value) else { continue }
            coordinator.apply(record)
        }
        let group = try #require(coordinator.describeConsumers("group-consumer-1"))
        #expect(group.targetEpoch == 2)
        #expect(group.members.map(\.profile.instanceID) == ["static-1"])
        #expect(group.members.map(\.epoch) == [-2])
        let topics = group.members.map(\.profile.subscribedTopics)
        #expect(topics == [["codec-none", "many-partitions"]])
        // The other group lost its only member.
        #expect(coordinator.describeConsumers("group-consumer-0")?.members == [])
        #expect(coordinator.describeConsumers("group-consumer-0")?.state == .empty)
    }

    @Test("damaged records are refused or read, never more")
    func damage() throws {
        for golden in Self.golden {
            for size in golden.key.indices { _ = try? decode(Array(golden.key[..<size]), nil) }
            guard let value = golden.value else { continue }
            for size in value.indices { _ = try? decode(golden.key, Array(value[..<size])) }
            for place in value.indices {
                var other = value
                other[place] ^= 0xFF
                _ = try? decode(golden.key, other)
            }
        }
    }
}
