internal import VarveBytes

// Values that are sent with their length; the counterpart of WireReader+Lengths.swift.
extension WireWriter {
    // MARK: Texts

    @inline(never)
    mutating func string(_ text: String, _ field: StaticString) throws(WireError) {
        let size = text.utf8.count
        guard size <= Int(Int16.max) else { throw failure(.tooLong(size), field) }
        if isFlexible {
            buffer.appendUnsigned(UInt64(size + 1))
        } else {
            buffer.append(Int16(size))
        }
        buffer.append(text)
    }

    @inline(never)
    mutating func optionalString(_ text: String?, _ field: StaticString) throws(WireError) {
        guard let text else {
            if isFlexible { buffer.append(UInt8(0)) } else { buffer.append(Int16(-1)) }
            return
        }
        try string(text, field)
    }

    mutating func plainOptionalString(_ text: String?, _ field: StaticString) throws(WireError) {
        guard let text else { return buffer.append(Int16(-1)) }
        let size = text.utf8.count
        guard size <= Int(Int16.max) else { throw failure(.tooLong(size), field) }
        buffer.append(Int16(size))
        buffer.append(text)
    }

    // MARK: Bytes

    @inline(never)
    mutating func bytes(_ bytes: [UInt8], _ field: StaticString) throws(WireError) {
        try length(bytes.count, field)
        buffer.append(bytes)
    }

    @inline(never)
    mutating func optionalBytes(_ bytes: [UInt8]?, _ field: StaticString) throws(WireError) {
        guard let bytes else { return null() }
        try self.bytes(bytes, field)
    }

    @inline(never)
    mutating func records(_ slice: RecordsSlice, _ field: StaticString) throws(WireError) {
        precondition(slice.count >= 0, "a slice of \(slice.count) bytes")
        try length(slice.count, field)
        if slice.count > 0 { splices.append(Splice(position: buffer.count, slice: slice)) }
    }

    @inline(never)
    mutating func optionalRecords(
        _ slice: RecordsSlice?, _ field: StaticString
    ) throws(WireError) {
        guard let slice else { return null() }
        try records(slice, field)
    }

    private mutating func length(_ length: Int, _ field: StaticString) throws(WireError) {
        guard let told = Int32(exactly: length) else { throw failure(.tooLong(length), field) }
        if isFlexible {
            buffer.appendUnsigned(UInt64(length) + 1)
        } else {
            buffer.append(told)
        }
    }

    private mutating func null() {
        if isFlexible { buffer.append(UInt8(0)) } else { buffer.append(Int32(-1)) }
    }

    // MARK: Arrays

    @_semantics("optimize.sil.specialize.generic.never")
    @inline(never)
    mutating func array<Element: WireValue>(
        _ array: [Element], _ field: StaticString
    ) throws(WireError) {
        try length(array.count, field)
        for element in array { try element.write(&self) }
    }

    @_semantics("optimize.sil.specialize.generic.never")
    @inline(never)
    mutating func optionalArray<Element: WireValue>(
        _ array: [Element]?, _ field: StaticString
    ) throws(WireError) {
        guard let array else { return null() }
        try self.array(array, field)
    }

    // MARK: Structures

    @inline(never)
    mutating func optionalStructure(_ value: (some WireValue)?) throws(WireError) {
        buffer.append(Int8(value == nil ? -1 : 1))
        try value?.write(&self)
    }

    @inline(never)
    mutating func optionalTaggedStructure(_ value: (some WireValue)?) throws(WireError) {
        buffer.append(Int8(value == nil ? 0 : 1))
        try value?.write(&self)
    }
}
