internal import VarveBytes

// Keys and values in the logs of coordinators: two bytes, then the body. Before a key they tell
// which record it is (`schema.key`), before a value the version of the body.
extension WireReader {
    /// Which record a coordinator's key is of; moves past the two bytes.
    public mutating func recordKey() throws(WireError) -> Int16 { try int16("key") }
}

extension WireMessage {
    /// Decodes the body of a key that `recordKey` has told, to its end. Keys have version 0.
    public init(decodingKey reader: inout WireReader) throws(WireError) {
        try self.init(decoding: &reader, version: Self.schema.versions.lowerBound)
        try reader.finish()
    }

    /// Decodes a coordinator's value with the version that stands before it, to its end.
    public init(decodingValue reader: inout WireReader) throws(WireError) {
        try self.init(decoding: &reader, version: try reader.int16("version"))
        try reader.finish()
    }

    /// Appends a coordinator's key with the number of its record.
    public func encodeKey(into writer: inout WireWriter) throws(WireError) {
        writer.int16(Self.schema.key ?? 0)
        try encode(into: &writer, version: Self.schema.versions.lowerBound)
    }

    /// Appends a coordinator's value with its version.
    public func encodeValue(into writer: inout WireWriter, version: Int16) throws(WireError) {
        writer.int16(version)
        try encode(into: &writer, version: version)
    }
}
