internal import CSnappy
internal import VarveBytes
internal import VarveTerms

/// Snappy in the two shapes that Kafka's clients write: xerial framing (Java, Python), which Varve
/// writes too, and one bare block (librdkafka, Go).
///
///     82 53 4e 41 50 50 59 00 | int32 version | int32 compatible | { int32 size | block } …
///
/// All integers are big-endian. Writers put 1 in both version words; readers ignore them, since
/// some writers got their byte order wrong. A bare block cannot be taken for the framing: its first
/// two bytes would be the size 10,626 and the third, 4e, a copy from before the block's start.
///
/// Source: snappy's `format_description.txt`; xerial snappy-java.
enum SnappyFraming {
    static let magic: [UInt8] = [0x82, 0x53, 0x4E, 0x41, 0x50, 0x50, 0x59, 0x00]
    /// Magic and both version words.
    static var headerSize: Int { 16 }
    /// How much input a block takes: what Java's writer uses.
    static var blockInputMax: Int { 32 << 10 }

    /// Appends the framing with `input` in blocks; an empty input is a header without blocks.
    static func encode(
        _ input: RawSpan, into output: inout ByteBuffer
    ) throws(CompressionError) {
        output.append(magic.rawSpan)
        output.append(Int32(1))
        output.append(Int32(1))
        var place = 0
        while place < input.byteCount {
            let end = min(place + blockInputMax, input.byteCount)
            try encodeBlock(input.extracting(place..<end), into: &output)
            place = end
        }
    }

    private static func encodeBlock(
        _ input: RawSpan, into output: inout ByteBuffer
    ) throws(CompressionError) {
        let sizePlace = output.count
        output.append(Int32(0))
        let room = snappy_max_compressed_length(input.byteCount)
        try output.append(reserving: room) { spare throws(CompressionError) in
            try unsafe input.withUnsafeBytes { source throws(CompressionError) in
                try unsafe spare.withUnsafeMutableBytes { target throws(CompressionError) in
                    var written = target.count
                    let status = unsafe snappy_compress(
                        source.assumingMemoryBound(to: CChar.self).baseAddress, source.count,
                        target.assumingMemoryBound(to: CChar.self).baseAddress, &written)
                    guard status == SNAPPY_OK else {
                        throw .refused(.snappy, reason: "status \(status.rawValue)")
                    }
                    return written
                }
            }
        }
        let size = Int32(output.count - sizePlace - 4)
        var bytes = output.mutableBytes
        bytes.store(size, at: sizePlace)
    }

    /// Appends what `input` holds in either shape.
    static func decode(
        _ input: RawSpan, limit: ByteCount, into output: inout ByteBuffer
    ) throws(CompressionError) {
        guard !input.isEmpty else { throw .truncated(.snappy) }
        let start = output.count
        guard beginsFraming(input, at: 0) else {
            return try decodeBlock(input, at: 0, produced: 0, limit: limit, into: &output)
        }
        var place = 0
        while place < input.byteCount {
            if beginsFraming(input, at: place) {
                // At the start, or where a writer put two streams one after the other.
                guard input.byteCount - place >= headerSize else { throw .truncated(.snappy) }
                place += headerSize
                continue
            }
            guard input.byteCount - place >= 4 else { throw .truncated(.snappy) }
            let size = Int(input.int32(at: place))
            guard size >= 0 else {
                throw .corrupt(.snappy, position: place, reason: "block size \(size)")
            }
            place += 4
            guard size <= input.byteCount - place else { throw .truncated(.snappy) }
            try decodeBlock(
                input.extracting(place..<place + size), at: place,
                produced: output.count - start, limit: limit, into: &output)
            place += size
        }
    }

    /// The most that a block of `size` bytes can hold: three bytes make a copy of 64.
    static func contentMax(ofBlock size: Int) -> Int { size / 3 * 64 + 64 }

    private static func decodeBlock(
        _ block: RawSpan, at position: Int, produced: Int, limit: ByteCount,
        into output: inout ByteBuffer
    ) throws(CompressionError) {
        let claimed = try claimedSize(block, at: position)
        guard claimed <= contentMax(ofBlock: block.byteCount) else {
            throw .corrupt(
                .snappy, position: position,
                reason: "\(block.byteCount) bytes cannot hold the \(claimed) that they claim")
        }
        guard claimed <= limit.bytes - produced else { throw .overBudget(limit: limit) }
        try output.append(reserving: claimed) { spare throws(CompressionError) in
            try unsafe block.withUnsafeBytes { source throws(CompressionError) in
                try unsafe spare.withUnsafeMutableBytes { target throws(CompressionError) in
                    var written = claimed
                    let status = unsafe snappy_uncompress(
                        source.assumingMemoryBound(to: CChar.self).baseAddress, source.count,
                        target.assumingMemoryBound(to: CChar.self).baseAddress, &written)
                    guard status == SNAPPY_OK else {
                        throw .corrupt(.snappy, position: position, reason: "bad block")
                    }
                    return written
                }
            }
        }
    }

    private static func claimedSize(
        _ block: RawSpan, at position: Int
    ) throws(CompressionError) -> Int {
        var size = 0
        let status = unsafe block.withUnsafeBytes { raw in
            unsafe snappy_uncompressed_length(
                raw.assumingMemoryBound(to: CChar.self).baseAddress, raw.count, &size)
        }
        guard status == SNAPPY_OK else {
            throw .corrupt(.snappy, position: position, reason: "bad block size")
        }
        return size
    }

    private static func beginsFraming(_ input: RawSpan, at place: Int) -> Bool {
        guard input.byteCount - place >= magic.count else { return false }
        return input.extracting(place..<place + magic.count).isEqual(to: magic.rawSpan)
    }
}
