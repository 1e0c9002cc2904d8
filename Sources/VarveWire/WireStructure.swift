internal import VarveBytes

/// What an array on the wire can hold.
public protocol WireElement: Equatable, Sendable {
    static func read(
        from reader: inout WireReader, _ field: StaticString
    ) throws(WireError) -> Self

    func write(to writer: inout WireWriter, _ field: StaticString) throws(WireError)
}

/// A run of fields. The generated types conform; `init()` gives every field its standard value.
public protocol WireStructure: WireElement {
    init()

    /// Reads the fields that the reader's version has.
    mutating func read(_ reader: inout WireReader) throws(WireError)

    /// Writes the fields that the writer's version has.
    func write(_ writer: inout WireWriter) throws(WireError)
}

extension WireStructure {
    public static func read(
        from reader: inout WireReader, _ field: StaticString
    ) throws(WireError) -> Self {
        var value = Self()
        try value.read(&reader)
        return value
    }

    public func write(to writer: inout WireWriter, _ field: StaticString) throws(WireError) {
        try write(&writer)
    }
}

/// A whole message: a request, a response, a header, or a record of one of Kafka's own logs.
public protocol WireMessage: WireStructure {
    static var schema: MessageSchema { get }
}

extension WireMessage {
    /// Decodes the message and leaves the reader behind its last field.
    /// - Throws: `WireError` for whatever the bytes or the version make impossible.
    public init(decoding reader: inout WireReader, version: Int16) throws(WireError) {
        self.init()
        try reader.begin(Self.schema, version: version)
        try read(&reader)
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
