internal import VarveBytes

// The value of a record in the metadata log: three unsigned varints, then the body.
//
//     frame version  1
//     key            which record it is: 2 for TopicRecord
//     version        of the body
extension MetadataRecord {
    private static var frameVersion: UInt32 { 1 }

    /// Decodes the value of a record and reads it to its end.
    /// - Throws: `.unknownFrame` and `.unknownRecord` for what a later Kafka may write.
    public init(decoding reader: inout WireReader) throws(WireError) {
        let frame = try reader.unsignedVarint("frameVersion")
        guard frame == Self.frameVersion else {
            throw reader.failure(.unknownFrame(frame), "frameVersion")
        }
        let key = try reader.unsignedVarint("key")
        let told = try reader.unsignedVarint("version")
        guard let version = Int16(exactly: told) else {
            throw reader.failure(.badVarint, "version")
        }
        guard let record = try Self(key: key, version: version, &reader) else {
            throw reader.failure(.unknownRecord(key), "key")
        }
        try reader.finish()
        self = record
    }

    /// Appends the value of the record. When it throws, the writer is as it was before.
    public func encode(into writer: inout WireWriter, version: Int16) throws(WireError) {
        let count = writer.buffer.count
        let message = message
        writer.buffer.appendUnsigned(UInt64(Self.frameVersion))
        writer.buffer.appendUnsigned(UInt64(type(of: message).schema.key ?? 0))
        writer.buffer.appendUnsigned(UInt64(max(version, 0)))
        do throws(WireError) {
            try message.encode(into: &writer, version: version)
        } catch {
            writer.buffer.truncate(to: count)
            throw error
        }
    }
}
