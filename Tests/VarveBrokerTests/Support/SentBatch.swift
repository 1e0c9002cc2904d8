import VarveBytes
import VarveRecords
import VarveTerms

/// Batches as producers send them.
enum SentBatch {
    struct Row: Hashable {
        var key: String?
        var value: String?
        /// In milliseconds.
        var timestamp: Int64

        init(_ key: String?, _ value: String?, at timestamp: Int64 = 1_795_253_491_000) {
            (self.key, self.value, self.timestamp) = (key, value, timestamp)
        }
    }

    static func make(
        _ rows: [Row], _ codec: Codec = .none, producer: ProducerStamp? = nil
    ) throws -> [UInt8] {
        var settings = BatchSettings()
        settings.compression = Compression(codec)
        settings.producer = producer
        var builder = RecordBatchBuilder()
        builder.begin(settings)
        for row in rows {
            let (key, value) = (row.key.map { Array($0.utf8) }, row.value.map { Array($0.utf8) })
            _ = try builder.append(
                key: key?.rawSpan, value: value?.rawSpan,
                timestamp: Timestamp(milliseconds: row.timestamp))
        }
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }

    /// One record without a key.
    static func make(_ value: String) throws -> [UInt8] { try make([Row(nil, value)]) }

    /// The records of a batch.
    static func rows(of batch: [UInt8]) throws -> [Row] {
        var rows: [Row] = []
        var scanner = RecordScanner()
        try scanner.forEachRecord(in: batch.rawSpan) { record in
            var row = Row(nil, nil, at: record.timestamp.milliseconds)
            if let key = record.key { row.key = key.text() }
            if let value = record.value { row.value = value.text() }
            rows.append(row)
        }
        return rows
    }
}
