import VarveBytes
import VarveRecords

/// A batch written by hand, with any field wrong and the checksum right.
struct RawBatch {
    var header: BatchHeader
    /// What follows the header.
    var body: [UInt8]
    /// Stands in the length field instead of the true length.
    var batchLength: Int32?

    /// A lawful batch of these records at offsets from 0 and times from `Golden.timestamp`.
    init(_ records: [[UInt8]]) {
        header = RawBatch.header(of: Golden.none)
        header.recordsCount = Int32(records.count)
        header.lastOffsetDelta = Int32(max(records.count - 1, 0))
        body = records.flatMap { $0 }
    }

    static func header(of bytes: [UInt8]) -> BatchHeader {
        guard let header = BatchHeader(bytes.rawSpan) else { preconditionFailure("no header") }
        return header
    }

    var bytes: [UInt8] {
        var header = header
        header.batchLength = batchLength ?? Int32(49 + body.count)
        let covered = header.bytes[BatchLayout.checksummedFrom...] + body
        header.crc = CRC32C.checksum(Array(covered).rawSpan)
        return header.bytes + body
    }
}

extension RawBatch {
    /// Compresses the body and says so in the attributes.
    mutating func compress(_ compression: Compression) throws {
        var output = ByteBuffer()
        try Compressor().compress(body.rawSpan, with: compression, into: &output)
        body = output.bytes.array()
        header.attributes = BatchAttributes(rawValue: Int16(compression.codec.rawValue))
    }
}

extension BatchHeader {
    /// The 61 bytes.
    var bytes: [UInt8] {
        var buffer = ByteBuffer()
        buffer.appendZeros(BatchLayout.headerSize)
        var bytes = buffer.mutableBytes
        store(into: &bytes)
        return bytes.bytes.array()
    }
}

/// A record written by hand.
struct RawRecord {
    var attributes: Int8 = 0
    var timestampDelta: Int64 = 0
    var offsetDelta: Int32 = 0
    var key: [UInt8]? = [1]
    var value: [UInt8]? = [2]
    var headers: [RecordHeader] = []
    /// These stand in the record instead of the true numbers.
    var length, keyLength, valueLength, headerCount, headerKeyLength, headerValueLength: Int32?
    /// Bytes after the last field, counted by the length.
    var tail: [UInt8] = []

    var bytes: [UInt8] {
        var fields = ByteBuffer()
        fields.append(attributes)
        fields.appendVarlong(timestampDelta)
        fields.appendVarint(offsetDelta)
        append(key, keyLength, to: &fields)
        append(value, valueLength, to: &fields)
        fields.appendVarint(headerCount ?? Int32(headers.count))
        for header in headers {
            append(header.key, headerKeyLength, to: &fields)
            append(header.value, headerValueLength, to: &fields)
        }
        fields.append(tail)
        var whole = ByteBuffer()
        whole.appendVarint(length ?? Int32(fields.count))
        whole.append(fields.bytes)
        return whole.bytes.array()
    }

    private func append(_ bytes: [UInt8]?, _ length: Int32?, to output: inout ByteBuffer) {
        output.appendVarint(length ?? bytes.map { Int32($0.count) } ?? -1)
        if let bytes { output.append(bytes) }
    }
}

/// The defect that the frame check finds, or nil.
func frameDefect(_ bytes: [UInt8], at position: Int = 0) -> BatchDefect? {
    do throws(BatchDefect) {
        _ = try BatchCheck.frame(bytes.rawSpan, at: position)
        return nil
    } catch { return error }
}

/// The defect that the frame check or, after it, the deep check finds, or nil.
func deepDefect(
    _ bytes: [UInt8], _ rules: BatchRules = .stored, budget: DecompressionBudget = .standard
) -> BatchDefect? {
    do throws(BatchDefect) {
        _ = try contents(bytes, rules, budget: budget)
        return nil
    } catch { return error }
}

func contents(
    _ bytes: [UInt8], _ rules: BatchRules = .stored, budget: DecompressionBudget = .standard
) throws(BatchDefect) -> BatchContents {
    var scratch = ByteBuffer()
    let header = try BatchCheck.frame(bytes.rawSpan)
    return try BatchCheck.records(
        bytes.rawSpan, header: header, rules: rules, decompressor: Decompressor(),
        scratch: &scratch, budget: budget)
}

/// Every record of a batch, compressed or not.
func records(of bytes: [UInt8]) throws(BatchDefect) -> [Record] {
    var expanded = ByteBuffer()
    let batch = try RecordBatchView(bytes.rawSpan)
    try batch.expand(with: Decompressor(), into: &expanded, budget: .standard)
    var cursor = batch.records(in: expanded.bytes)
    var records: [Record] = []
    while let record = try cursor.next() { records.append(Record(record)) }
    return records
}
