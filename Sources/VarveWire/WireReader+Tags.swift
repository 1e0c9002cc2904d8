internal import VarveBytes

/// How far the tagged fields of one structure were read.
struct TagCursor {
    /// How many fields are still to come.
    fileprivate var count: UInt32
    fileprivate var previous: UInt32?
    /// The reader's limit outside the current field.
    fileprivate var outerLimit: Int
}

// Tagged fields: a count, then for each its tag, its size and its bytes, by ascending tag
// (KIP-482). While one is read, the reader's limit is its end.
extension WireReader {
    @inline(never)
    mutating func tags() throws(WireError) -> TagCursor {
        let count = try unsignedVarint("tags")
        guard Int(count) <= remaining / 2 else { throw failure(.badCount(Int(count)), "tags") }
        return TagCursor(count: count, outerLimit: limit)
    }

    /// Enters the next field; nil behind the last one.
    @inline(never)
    mutating func next(_ tags: inout TagCursor) throws(WireError) -> UInt32? {
        guard tags.count > 0 else { return nil }
        tags.count -= 1
        let tag = try unsignedVarint("tags")
        if let previous = tags.previous, tag <= previous { throw failure(.badTag(tag), "tags") }
        tags.previous = tag
        let size = Int(try unsignedVarint("tags"))
        guard size <= remaining else { throw failure(.truncated, "tags") }
        limit = position + size
        return tag
    }

    /// Leaves the field, which has to be read to its end.
    @inline(never)
    mutating func end(_ tags: inout TagCursor) throws(WireError) {
        guard remaining == 0 else { throw failure(.badLength(remaining), "tags") }
        limit = tags.outerLimit
    }

    /// Keeps the field that was entered.
    @inline(never)
    mutating func unknownTag(_ tag: UInt32, _ kept: inout [UnknownTag]) throws(WireError) {
        let size = remaining
        try charge(size + MemoryLayout<UnknownTag>.stride + 32, "tags")
        let start = try skip(size, "tags")
        let value = size == 0 ? [] : bytes.extracting(start..<start + size).array()
        kept.append(UnknownTag(tag: tag, bytes: value))
    }

    /// The tagged fields of a structure of which the table knows none.
    @inline(never)
    mutating func unknownTags(_ kept: inout [UnknownTag]) throws(WireError) {
        guard isFlexible else { return }
        var tags = try tags()
        while let tag = try next(&tags) {
            try unknownTag(tag, &kept)
            try end(&tags)
        }
    }
}
