internal import CLZ4
internal import VarveBytes
internal import VarveTerms

/// Reads one LZ4 frame, block by block, straight into the output.
///
///     header | { uint32 size | block | [checksum 4] } … | uint32 0 | [checksum 4]
///
/// Sizes are little-endian; the top bit marks a block that is stored as it was. The header says
/// whether there are checksums. Each block stands
/// for itself, so the walk needs no memory of its own. The checksum of the whole content is skipped
/// like in Kafka, whose batches have their own; those of blocks are verified.
///
/// Source: LZ4 Frame Format 1.6.1 and Block Format; KIP-57.
enum LZ4FrameDecoder {
    static var storedBit: UInt32 { 1 << 31 }

    /// Appends what the frame at the start of `input` holds; what follows the frame is ignored.
    static func decode(
        _ input: RawSpan, limit: ByteCount, headerChecksum: LZ4HeaderChecksum,
        into output: inout ByteBuffer
    ) throws(CompressionError) {
        let header = try LZ4FrameHeader(input, checksum: headerChecksum)
        let start = output.count
        let trailer = header.hasBlockChecksums ? 4 : 0
        var place = header.size
        while true {
            guard input.byteCount - place >= 4 else { throw .truncated(.lz4) }
            let word = input.uint32LittleEndian(at: place)
            let size = Int(word & ~storedBit)
            if size == 0 { break }
            guard size <= header.blockSizeMax else {
                throw .corrupt(.lz4, position: place, reason: "block of \(size) bytes")
            }
            place += 4
            guard input.byteCount - place >= size + trailer else { throw .truncated(.lz4) }
            let block = input.extracting(place..<place + size)
            if header.hasBlockChecksums {
                let expected = input.uint32LittleEndian(at: place + size)
                guard XXHash32.hash(block) == expected else {
                    throw .corrupt(.lz4, position: place + size, reason: "block checksum")
                }
            }
            let allowed = limit.bytes - (output.count - start)
            if word & storedBit != 0 {
                guard size <= allowed else { throw .overBudget(limit: limit) }
                output.append(block)
            } else {
                let sizeMax = min(header.blockSizeMax, contentMax(ofBlock: size))
                try decodeBlock(
                    block, at: place, sizeMax: sizeMax, allowed: allowed, limit: limit,
                    into: &output)
            }
            place += size + trailer
        }
        let end = place + 4 + (header.hasContentChecksum ? 4 : 0)
        guard input.byteCount >= end else { throw .truncated(.lz4) }
    }

    /// The most that a compressed block of `size` bytes can hold: no byte of it stands for more
    /// than 255, the weight of a byte that lengthens a match.
    static func contentMax(ofBlock size: Int) -> Int { size * 255 }

    private static func decodeBlock(
        _ block: RawSpan, at position: Int, sizeMax: Int, allowed: Int, limit: ByteCount,
        into output: inout ByteBuffer
    ) throws(CompressionError) {
        let room = min(sizeMax, allowed)
        try output.append(reserving: room) { spare throws(CompressionError) in
            try unsafe block.withUnsafeBytes { raw throws(CompressionError) in
                try unsafe spare.withUnsafeMutableBytes { target throws(CompressionError) in
                    let source = unsafe raw.assumingMemoryBound(to: CChar.self).baseAddress
                    let target = unsafe target.assumingMemoryBound(to: CChar.self).baseAddress
                    let (size, room) = (Int32(raw.count), Int32(room))
                    let written = unsafe LZ4_decompress_safe(source, target, size, room)
                    if written >= 0 { return Int(written) }
                    // The block is bad, or has more than the room that the budget left: then its
                    // first `allowed` bytes decode.
                    if sizeMax > allowed {
                        let filled = unsafe LZ4_decompress_safe_partial(
                            source, target, size, room, room)
                        if filled == room { throw .overBudget(limit: limit) }
                    }
                    throw .corrupt(.lz4, position: position, reason: "bad block")
                }
            }
        }
    }
}
