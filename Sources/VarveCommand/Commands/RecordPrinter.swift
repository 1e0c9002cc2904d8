internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// How records are printed.
enum RecordFormat: String, CaseIterable, Sendable {
    case lines, value, keys, full, json, prefixed
    case rawBatches = "raw-batches"
}

/// Prints records into a buffer; nothing is allocated for one, but where the buffer must grow.
struct RecordPrinter {
    let format: RecordFormat
    private let separator: [UInt8]
    private let isKeyed: Bool

    init(_ format: RecordFormat, separator: String, isKeyed: Bool) {
        self.format = format
        self.separator = Array(separator.utf8)
        self.isKeyed = isKeyed
    }

    /// Prints one record. `raw-batches` has none.
    /// - Parameter partition: where it lies, for JSON, if that is worth saying.
    func append(
        _ record: borrowing RecordView, of partition: Int32? = nil, to buffer: inout ByteBuffer
    ) {
        switch format {
        case .lines:
            Self.append(record.value, to: &buffer)
            buffer.append(UInt8(ascii: "\n"))
        case .value: Self.append(record.value, to: &buffer)
        case .keys:
            Self.append(record.key, to: &buffer)
            buffer.append(separator)
            Self.append(record.value, to: &buffer)
            buffer.append(UInt8(ascii: "\n"))
        case .full: appendFull(record, to: &buffer)
        case .json: appendJSON(record, of: partition, to: &buffer)
        case .prefixed:
            if isKeyed { Self.appendField(record.key, to: &buffer) }
            if isKeyed || record.value != nil {
                Self.appendField(record.value, to: &buffer)
            } else {
                buffer.append(UInt32(0))
            }
        case .rawBatches: break
        }
    }

    private static func append(_ bytes: RawSpan?, to buffer: inout ByteBuffer) {
        if let bytes { buffer.append(bytes) }
    }

    private static func appendField(_ bytes: RawSpan?, to buffer: inout ByteBuffer) {
        guard let bytes else { return buffer.append(UInt32.max) }
        // A record's fields are shorter than 2^31 bytes.
        buffer.append(UInt32(truncatingIfNeeded: bytes.byteCount))
        buffer.append(bytes)
    }

    private func appendFull(_ record: borrowing RecordView, to buffer: inout ByteBuffer) {
        buffer.append(decimal: record.offset.rawValue)
        buffer.append(UInt8(ascii: "\t"))
        buffer.append(decimal: record.timestamp.milliseconds)
        buffer.append(UInt8(ascii: "\t"))
        Self.append(record.key, to: &buffer)
        buffer.append(UInt8(ascii: "\t"))
        Self.append(record.value, to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
    }

    private func appendJSON(
        _ record: borrowing RecordView, of partition: Int32?, to buffer: inout ByteBuffer
    ) {
        buffer.append("{")
        if let partition {
            buffer.append("\"partition\":")
            buffer.append(decimal: Int64(partition))
            buffer.append(",")
        }
        buffer.append("\"offset\":")
        buffer.append(decimal: record.offset.rawValue)
        buffer.append(",\"timestamp\":")
        buffer.append(decimal: record.timestamp.milliseconds)
        buffer.append(",")
        buffer.appendJSON("key", bytes: record.key)
        buffer.append(",")
        buffer.appendJSON("value", bytes: record.value)
        if record.headerCount > 0 {
            buffer.append(",\"headers\":[")
            var headers = record.headers
            var isFirst = true
            while let header = headers.next() {
                buffer.append(isFirst ? "{" : ",{")
                isFirst = false
                buffer.appendJSON("key", bytes: header.key)
                buffer.append(",")
                buffer.appendJSON("value", bytes: header.value)
                buffer.append("}")
            }
            buffer.append("]")
        }
        buffer.append("}\n")
    }
}
