internal import VarveBytes

// Values that are sent with their length: texts, bytes, records, arrays, structures that may be
// missing. A compact length is a varint of the length plus one; zero is null (KIP-482).
extension WireReader {
    /// A text in memory, beside its letters.
    private static let textOverhead = 32

    // MARK: Texts

    @inline(never)
    mutating func string(_ field: StaticString) throws(WireError) -> String {
        guard let text = try optionalString(field) else { throw failure(.nullNotAllowed, field) }
        return text
    }

    @inline(never)
    mutating func optionalString(_ field: StaticString) throws(WireError) -> String? {
        guard isFlexible else { return try plainOptionalString(field) }
        let length = Int(try unsignedVarint(field)) - 1
        // The plain form cannot tell more, and so Kafka refuses more in either.
        guard length <= Int(Int16.max) else { throw failure(.badLength(length), field) }
        return try text(length, field)
    }

    mutating func plainOptionalString(_ field: StaticString) throws(WireError) -> String? {
        try text(Int(try int16(field)), field)
    }

    private mutating func text(
        _ length: Int, _ field: StaticString
    ) throws(WireError) -> String? {
        guard let range = try range(length, field) else { return nil }
        try charge(length + Self.textOverhead, field)
        guard let text = bytes.extracting(range).text() else { throw failure(.badUTF8, field) }
        return text
    }

    // MARK: Bytes

    @inline(never)
    mutating func bytes(_ field: StaticString) throws(WireError) -> [UInt8] {
        guard let bytes = try optionalBytes(field) else { throw failure(.nullNotAllowed, field) }
        return bytes
    }

    @inline(never)
    mutating func optionalBytes(_ field: StaticString) throws(WireError) -> [UInt8]? {
        guard let range = try range(try length(field), field) else { return nil }
        try charge(range.count + Self.textOverhead, field)
        return bytes.extracting(range).array()
    }

    mutating func records(_ field: StaticString) throws(WireError) -> RecordsSlice {
        guard let slice = try optionalRecords(field) else { throw failure(.nullNotAllowed, field) }
        return slice
    }

    @inline(never)
    mutating func optionalRecords(_ field: StaticString) throws(WireError) -> RecordsSlice? {
        guard let range = try range(try length(field), field) else { return nil }
        return RecordsSlice(start: range.lowerBound, count: range.count)
    }

    /// A length or a count; -1 for null.
    private mutating func length(_ field: StaticString) throws(WireError) -> Int {
        isFlexible ? Int(try unsignedVarint(field)) - 1 : Int(try int32(field))
    }

    /// Moves past `length` bytes and tells where they are; nil for null, which is -1.
    private mutating func range(
        _ length: Int, _ field: StaticString
    ) throws(WireError) -> Range<Int>? {
        if length == -1 { return nil }
        guard length >= 0 else { throw failure(.badLength(length), field) }
        let start = try skip(length, field)
        return start..<position
    }

    // MARK: Arrays

    /// One body serves every type of element: a copy for each of 300 types would take most of the
    /// time to build the module.
    /// - Parameter least: the fewest bytes that an element can take.
    @_semantics("optimize.sil.specialize.generic.never")
    @inline(never)
    mutating func array<Element: WireValue>(
        _ field: StaticString, least: Int
    ) throws(WireError) -> [Element] {
        guard let array: [Element] = try optionalArray(field, least: least) else {
            throw failure(.nullNotAllowed, field)
        }
        return array
    }

    @_semantics("optimize.sil.specialize.generic.never")
    @inline(never)
    mutating func optionalArray<Element: WireValue>(
        _ field: StaticString, least: Int
    ) throws(WireError) -> [Element]? {
        let count = try length(field)
        if count == -1 { return nil }
        guard count >= 0, count <= remaining / least else { throw failure(.badCount(count), field) }
        try charge(count * MemoryLayout<Element>.stride, field)
        var array: [Element] = []
        array.reserveCapacity(count)
        for _ in 0..<count { array.append(try Element(&self)) }
        return array
    }

    // MARK: Structures

    /// A structure behind a byte that tells whether it is there: 1, or -1 for null.
    mutating func optionalStructure<Structure: WireValue>(
        _ field: StaticString
    ) throws(WireError) -> Structure? {
        switch try int8(field) {
        case -1: return nil
        case 1: return try Structure(&self)
        default: throw failure(.badVarint, field)
        }
    }

    /// The same as the value of a tagged field, where null is 0.
    mutating func optionalTaggedStructure<Structure: WireValue>(
        _ field: StaticString
    ) throws(WireError) -> Structure? {
        switch try int8(field) {
        case 0: return nil
        case 1: return try Structure(&self)
        default: throw failure(.badVarint, field)
        }
    }
}
