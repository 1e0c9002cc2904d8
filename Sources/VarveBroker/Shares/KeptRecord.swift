internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveTerms
internal import VarveWire

/// A record of an internal topic: key and value each begin with an `int16`; that of the key says
/// what the record is, that of the value in which version its message is.
protocol KeptRecord {
    /// What the key begins with.
    var type: Int16 { get }
    var key: any WireMessage { get }
    /// Nil for a tombstone.
    var value: (any WireMessage)? { get }
}

/// The version of each message of share groups: there is only one.
private let version: Int16 = 0

extension Broker {
    /// Appends records to a partition as one batch; they are durable after the turn's flush.
    /// - Parameter records: at least one.
    /// - Returns: where the first one stands; nil when they could not be written.
    func append(
        _ records: [some KeptRecord], to partition: Partition, at now: Timestamp
    ) -> Offset? {
        var builder = RecordBatchBuilder()
        builder.begin()
        do {
            for record in records {
                var key = ByteBuffer()
                try key.append(record.type, record.key)
                if let message = record.value {
                    var value = ByteBuffer()
                    try value.append(version, message)
                    _ = try builder.append(key: key.bytes, value: value.bytes, timestamp: now)
                } else {
                    _ = try builder.append(key: key.bytes, value: nil, timestamp: now)
                }
            }
            _ = try builder.seal()
            let receipt = try write(
                builder.sealedBytes, to: partition, checking: .frame, now: now)
            note(partition)
            return receipt.offsets.lowerBound
        } catch {
            return nil
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func append(
        _ first: Int16, _ message: any WireMessage
    ) throws(WireError) {
        var writer = WireWriter()
        try message.encode(into: &writer, version: version)
        append(first)
        append(writer.buffer.bytes)
    }
}

extension WireMessage {
    /// Reads what follows the `int16` of a key or a value.
    /// - Throws: for a version that is not known, too.
    init(afterVersionOf bytes: RawSpan) throws(WireError) {
        let found = bytes.byteCount < 2 ? -1 : bytes.int16(at: 0)
        var reader = WireReader(bytes.extracting(min(2, bytes.byteCount)..<bytes.byteCount))
        try self.init(decoding: &reader, version: found)
    }

    /// Reads a key, whose `int16` is no version.
    init(afterTypeOf bytes: RawSpan) throws(WireError) {
        var reader = WireReader(bytes.extracting(min(2, bytes.byteCount)..<bytes.byteCount))
        try self.init(decoding: &reader, version: version)
    }
}
