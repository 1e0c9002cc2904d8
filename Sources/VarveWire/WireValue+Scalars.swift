public import VarveTerms

// What arrays hold besides structures.

extension Int8: WireValue {
    public init(_ reader: inout WireReader) throws(WireError) { self = try reader.int8("") }

    public func write(_ writer: inout WireWriter) throws(WireError) { writer.int8(self) }
}

extension Int16: WireValue {
    public init(_ reader: inout WireReader) throws(WireError) { self = try reader.int16("") }

    public func write(_ writer: inout WireWriter) throws(WireError) { writer.int16(self) }
}

extension Int32: WireValue {
    public init(_ reader: inout WireReader) throws(WireError) { self = try reader.int32("") }

    public func write(_ writer: inout WireWriter) throws(WireError) { writer.int32(self) }
}

extension Int64: WireValue {
    public init(_ reader: inout WireReader) throws(WireError) { self = try reader.int64("") }

    public func write(_ writer: inout WireWriter) throws(WireError) { writer.int64(self) }
}

extension UniqueID: WireValue {
    public init(_ reader: inout WireReader) throws(WireError) { self = try reader.uuid("") }

    public func write(_ writer: inout WireWriter) throws(WireError) { writer.uuid(self) }
}

extension String: WireValue {
    public init(_ reader: inout WireReader) throws(WireError) { self = try reader.string("") }

    public func write(_ writer: inout WireWriter) throws(WireError) { try writer.string(self, "") }
}

extension ErrorCode: WireValue {
    public init(_ reader: inout WireReader) throws(WireError) { self = try reader.errorCode("") }

    public func write(_ writer: inout WireWriter) throws(WireError) { writer.errorCode(self) }
}
