public import VarveTerms

// What arrays hold besides structures.

extension Int8: WireElement {
    public static func read(
        from reader: inout WireReader, _ field: StaticString
    ) throws(WireError) -> Int8 { try reader.int8(field) }

    public func write(to writer: inout WireWriter, _ field: StaticString) throws(WireError) {
        writer.integer(self)
    }
}

extension Int16: WireElement {
    public static func read(
        from reader: inout WireReader, _ field: StaticString
    ) throws(WireError) -> Int16 { try reader.int16(field) }

    public func write(to writer: inout WireWriter, _ field: StaticString) throws(WireError) {
        writer.integer(self)
    }
}

extension Int32: WireElement {
    public static func read(
        from reader: inout WireReader, _ field: StaticString
    ) throws(WireError) -> Int32 { try reader.int32(field) }

    public func write(to writer: inout WireWriter, _ field: StaticString) throws(WireError) {
        writer.integer(self)
    }
}

extension Int64: WireElement {
    public static func read(
        from reader: inout WireReader, _ field: StaticString
    ) throws(WireError) -> Int64 { try reader.int64(field) }

    public func write(to writer: inout WireWriter, _ field: StaticString) throws(WireError) {
        writer.integer(self)
    }
}

extension UniqueID: WireElement {
    public static func read(
        from reader: inout WireReader, _ field: StaticString
    ) throws(WireError) -> UniqueID { try reader.uuid(field) }

    public func write(to writer: inout WireWriter, _ field: StaticString) throws(WireError) {
        writer.uuid(self)
    }
}

extension String: WireElement {
    public static func read(
        from reader: inout WireReader, _ field: StaticString
    ) throws(WireError) -> String { try reader.string(field) }

    public func write(to writer: inout WireWriter, _ field: StaticString) throws(WireError) {
        try writer.string(self, field)
    }
}

extension ErrorCode: WireElement {
    public static func read(
        from reader: inout WireReader, _ field: StaticString
    ) throws(WireError) -> ErrorCode { try reader.errorCode(field) }

    public func write(to writer: inout WireWriter, _ field: StaticString) throws(WireError) {
        writer.errorCode(self)
    }
}
