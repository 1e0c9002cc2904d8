internal import VarveBytes

/// The tagged fields of one structure while they are written.
struct TagSection {
    /// The byte that tells how many fields there are.
    fileprivate let position: Int
    fileprivate var count = 0
    /// The byte that tells the size of the current field, and the splices before it.
    fileprivate var sizePosition = 0
    fileprivate var spliceCount = 0
}

// How many tagged fields there are and how long each is stands before them and is known behind
// them. One byte is left for each number; the rare greater one moves what follows.
extension WireWriter {
    @inline(never)
    mutating func beginTags() -> TagSection {
        let section = TagSection(position: buffer.count)
        buffer.append(UInt8(0))
        return section
    }

    @inline(never)
    mutating func begin(_ tag: UInt32, _ section: inout TagSection) {
        section.count += 1
        buffer.appendUnsigned(UInt64(tag))
        section.sizePosition = buffer.count
        section.spliceCount = splices.count
        buffer.append(UInt8(0))
    }

    @inline(never)
    mutating func end(_ section: inout TagSection) {
        let own = buffer.count - section.sizePosition - 1
        patch(own + splicedBytes(from: section.spliceCount), at: section.sizePosition)
    }

    /// Writes the tagged fields that the table does not know behind those that it knows.
    @inline(never)
    mutating func endTags(
        _ section: TagSection, _ unknown: [UnknownTag]
    ) throws(WireError) {
        for field in unknown {
            buffer.appendUnsigned(UInt64(field.tag))
            buffer.appendUnsigned(UInt64(field.bytes.count))
            buffer.append(field.bytes)
        }
        patch(section.count + unknown.count, at: section.position)
    }

    /// The tagged fields of a structure of which the table knows none.
    @inline(never)
    mutating func unknownTags(_ unknown: [UnknownTag]) throws(WireError) {
        guard isFlexible else { return }
        if unknown.isEmpty { return buffer.append(UInt8(0)) }
        try endTags(beginTags(), unknown)
    }

    /// Stores `value` in the byte that was left at `position`, or in as many as it takes.
    private mutating func patch(_ value: Int, at position: Int) {
        let width = VarintSize.unsigned(UInt64(value))
        if width > 1 { insert(width - 1, at: position + 1) }
        var bytes = buffer.mutableBytes
        for place in 0..<width {
            let group = UInt8(truncatingIfNeeded: value >> (7 * place)) & 0x7F
            bytes.store(place + 1 < width ? group | 0x80 : group, at: position + place)
        }
    }

    /// Moves all bytes from `position` on, and the splices between them, by `size` bytes.
    private mutating func insert(_ size: Int, at position: Int) {
        let end = buffer.count
        buffer.appendZeros(size)
        var bytes = buffer.mutableBytes
        for place in (position..<end).reversed() {
            let byte = bytes.bytes.uint8(at: place)
            bytes.store(byte, at: place + size)
        }
        for place in splices.indices.reversed() {
            guard splices[place].position >= position else { break }
            splices[place].position += size
        }
    }
}
