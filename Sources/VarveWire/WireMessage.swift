internal import VarveBytes

/// What reads and writes itself in the version of its reader or writer: the structures of the
/// table, and the scalars that arrays hold.
public protocol WireValue: Equatable, Sendable {
    init(_ reader: inout WireReader) throws(WireError)

    func write(_ writer: inout WireWriter) throws(WireError)
}

/// A whole message: a request, a response, a header, or a record of one of Kafka's own logs.
///
/// The generated types conform. What is left out in a version keeps its standard value when it is
/// read.
public protocol WireMessage: WireValue {
    /// Every field has its standard value.
    init()

    static var schema: MessageSchema { get }
}

extension WireMessage {
    /// Decodes the message and leaves the reader behind its last field.
    /// - Throws: `WireError` for whatever the bytes or the version make impossible.
    public init(decoding reader: inout WireReader, version: Int16) throws(WireError) {
        try reader.begin(Self.schema, version: version)
        try self.init(&reader)
    }

    /// Appends the message. When it throws, the writer is as it was before.
    /// - Throws: `WireError` when `version` lacks the message or a field that has to be told.
    public func encode(into writer: inout WireWriter, version: Int16) throws(WireError) {
        let (count, splices) = (writer.buffer.count, writer.splices.count)
        do throws(WireError) {
            try writer.begin(Self.schema, version: version)
            try write(&writer)
        } catch {
            writer.buffer.truncate(to: count)
            writer.splices.removeSubrange(splices...)
            throw error
        }
    }
}
