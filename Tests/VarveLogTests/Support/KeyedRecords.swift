import VarveBytes
import VarveLog
import VarveRecords
import VarveTerms

/// A record of a compacted log, as tests write it and find it again.
struct KeyedRecord: Hashable, CustomStringConvertible {
    var offset: Int64 = -1
    var timestamp: Int64 = 1_000
    var key: String?
    /// Nil for a tombstone.
    var value: String?

    var description: String { "\(offset): \(key ?? "–") = \(value ?? "–") @\(timestamp)" }
}

extension LogFixture {
    /// A batch of records with keys; a nil value makes a tombstone.
    static func keyed(
        _ records: [(String?, String?)], timestamp: Int64 = 1_000,
        compression: Compression = .none, producer: ProducerStamp? = nil,
        isTransactional: Bool = false
    ) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        var settings = BatchSettings()
        settings.compression = compression
        settings.producer = producer
        settings.kind = isTransactional ? .transactional : .plain
        builder.begin(settings)
        for (slot, (key, value)) in records.enumerated() {
            var headers = HeaderList()
            if slot % 3 == 1 { headers.append(key: [104].rawSpan, value: nil) }
            _ = try append(
                key.map { Array($0.utf8) }, value.map { Array($0.utf8) }, headers,
                Timestamp(milliseconds: timestamp + Int64(slot)), to: &builder)
        }
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }

    private static func append(
        _ key: [UInt8]?, _ value: [UInt8]?, _ headers: borrowing HeaderList, _ time: Timestamp,
        to builder: inout RecordBatchBuilder
    ) throws -> BatchAppendOutcome {
        switch (key, value) {
        case (let key?, let value?):
            try builder.append(
                key: key.rawSpan, value: value.rawSpan, headers: headers, timestamp: time)
        case (let key?, nil):
            try builder.append(key: key.rawSpan, value: nil, headers: headers, timestamp: time)
        case (nil, let value?):
            try builder.append(key: nil, value: value.rawSpan, headers: headers, timestamp: time)
        case (nil, nil):
            try builder.append(key: nil, value: nil, headers: headers, timestamp: time)
        }
    }

    /// All records of a log that are no control records, in the order in which they are read.
    /// - Parameter isLeftOut: tells the batches to pass over.
    static func keyedRecords(
        of reader: LogReader, without isLeftOut: (BatchHeader) -> Bool = { _ in false }
    ) throws -> [KeyedRecord] {
        var found: [KeyedRecord] = []
        var next = reader.startOffset
        let start = next
        var scanner = RecordScanner()
        while case .batches(let batches) = try reader.read(
            from: next, through: .includingUnflushed)
        {
            try batches.forEachBatch { (header, bytes) throws(BatchDefect) in
                guard !header.attributes.isControl, !isLeftOut(header) else { return }
                try scanner.forEachRecord(in: bytes) { record in
                    guard record.offset >= start else { return }
                    found.append(
                        KeyedRecord(
                            offset: record.offset.rawValue,
                            timestamp: record.timestamp.milliseconds,
                            key: text(record.key), value: text(record.value)))
                }
            }
            next = batches.nextOffset
        }
        return found
    }

    private static func text(_ bytes: RawSpan?) -> String? {
        guard let bytes else { return nil }
        return String(decoding: bytes.array(), as: UTF8.self)
    }
}
