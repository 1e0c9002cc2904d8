import Foundation
import VarveRecords
import VarveTerms

/// A log folder that Apache Kafka wrote, with what Kafka's own reader found in it.
struct FixtureLog {
    static let names = [
        "append-time-0", "codec-gzip-0", "codec-lz4-0", "codec-none-0", "codec-snappy-0",
        "codec-zstd-0", "compacted-0", "compacted-tombstones-gone-0", "deleted-records-0",
        "idempotent-0", "one-record-0", "open-transaction-0", "transactions-0", "txn-compacted-0",
    ]

    /// One segment: its bytes, and its batches in order.
    struct Segment {
        var name: String
        var bytes: [UInt8]
        var batches: [ListedBatch] = []
    }

    let segments: [Segment]

    /// The root of the repository.
    static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    static func bytes(_ path: String) -> [UInt8] {
        guard let content = FileManager.default.contents(atPath: root + "/" + path) else {
            preconditionFailure("no file at \(path)")
        }
        return [UInt8](content)
    }

    static func text(_ path: String) -> String { String(decoding: bytes(path), as: UTF8.self) }

    init(_ name: String) {
        let folder = "Tests/Fixtures/records/\(name)/"
        var segments: [Segment] = []
        for line in Self.text(folder + "listing.txt").split(separator: "\n") {
            let parts = line.split(separator: " ").map(String.init)
            let fields = Array(parts.dropFirst())
            switch parts[0] {
            case "segment":
                segments.append(Segment(name: fields[0], bytes: Self.bytes(folder + fields[0])))
            case "batch":
                segments[segments.count - 1].batches.append(ListedBatch(fields))
            default:
                let segment = segments.count - 1
                let batch = segments[segment].batches.count - 1
                segments[segment].batches[batch].records.append(ListedRecord(fields))
            }
        }
        self.segments = segments
    }
}

/// A batch as the listing has it.
struct ListedBatch {
    var position, size: Int
    var header: [String]
    var records: [ListedRecord] = []

    init(_ fields: [String]) {
        guard fields.count == 16, let position = Int(fields[0]), let size = Int(fields[1]) else {
            preconditionFailure("no batch: \(fields)")
        }
        (self.position, self.size) = (position, size)
        header = Array(fields[2...])
    }

    /// The same fields of a decoded header, in the listing's form.
    static func fields(of header: BatchHeader) -> [String] {
        let flags =
            (header.attributes.isTransactional ? "t" : "")
            + (header.attributes.isControl ? "c" : "")
        return [
            "\(header.baseOffset)", text(header.lastOffset), "\(header.crc)",
            "\(header.partitionLeaderEpoch)", header.attributes.codec.map { "\($0)" } ?? "-",
            header.timestampType == .create ? "CreateTime" : "LogAppendTime",
            "\(header.maxTimestamp)", "\(header.producerId)", "\(header.producerEpoch)",
            "\(header.baseSequence)", header.lastSequence.map { "\($0)" } ?? "-1",
            flags.isEmpty ? "-" : flags, text(header.deleteHorizon?.milliseconds),
            "\(header.recordsCount)",
        ]
    }

    static func text(_ number: Int64?) -> String { number.map { "\($0)" } ?? "-" }
}

/// A record as the listing has it.
struct ListedRecord: Hashable {
    var fields: [String]

    init(_ fields: [String]) { self.fields = fields }

    /// The same record in the listing's form.
    init(_ record: borrowing RecordView) {
        let owned = Record(record)
        fields = [
            "\(record.offset)", "\(record.timestamp)", record.sequence.map { "\($0)" } ?? "-",
            Self.text(owned.key), Self.text(owned.value),
        ]
        for header in owned.headers {
            fields += [Self.text(header.key), Self.text(header.value)]
        }
    }

    private static func text(_ bytes: [UInt8]?) -> String {
        guard let bytes else { return "-" }
        guard bytes.count > 24 else { return "x" + digits(bytes) }
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let short = String(digest, radix: 16)
        return "#\(bytes.count):" + String(repeating: "0", count: 16 - short.count) + short
    }

    private static func digits(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
