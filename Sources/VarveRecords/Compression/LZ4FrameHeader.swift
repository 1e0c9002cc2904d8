internal import VarveBytes

/// The header of an LZ4 frame, as far as Kafka's readers accept it.
///
///     magic 4 | FLG 1 | BD 1 | content size 8, where FLG has it | HC 1
///
/// The magic number and the content size are little-endian. FLG holds the version (01) in bits 7
/// and 6, and from bit 5 down: independent blocks, block checksums, content size, content checksum,
/// a reserved bit, dictionary id. BD holds the block size in bits 6 to 4. HC is the second-lowest
/// byte of the XXH32 of everything from FLG to before HC.
///
/// Source: LZ4 Frame Format 1.6.1.
struct LZ4FrameHeader {
    static var magic: UInt32 { 0x184D_2204 }
    static var legacyMagic: UInt32 { 0x184C_2102 }

    /// Bytes from the magic number through HC: where the first block starts.
    let size: Int
    /// The most that a block holds, stored or decompressed.
    let blockSizeMax: Int
    let hasBlockChecksums: Bool
    let hasContentChecksum: Bool

    init(_ input: RawSpan, checksum: LZ4HeaderChecksum) throws(CompressionError) {
        guard input.byteCount >= 4 else { throw .truncated(.lz4) }
        let magic = input.uint32LittleEndian(at: 0)
        guard magic != Self.legacyMagic else { throw .unsupported(.lz4, .legacyFrame) }
        guard magic == Self.magic else {
            throw .corrupt(.lz4, position: 0, reason: "not the frame's magic number")
        }
        guard input.byteCount >= 7 else { throw .truncated(.lz4) }
        let flags = input.uint8(at: 4)
        guard flags >> 6 == 1 else {
            throw .corrupt(.lz4, position: 4, reason: "frame version \(flags >> 6)")
        }
        guard flags & 0b10 == 0 else {
            throw .corrupt(.lz4, position: 4, reason: "reserved bit in the frame's flags")
        }
        guard flags & 0b10_0000 != 0 else { throw .unsupported(.lz4, .dependentBlocks) }
        guard flags & 0b01 == 0 else { throw .unsupported(.lz4, .dictionary) }
        hasBlockChecksums = flags & 0b1_0000 != 0
        hasContentChecksum = flags & 0b100 != 0
        let descriptor = input.uint8(at: 5)
        let sizeID = descriptor >> 4
        guard descriptor & 0b1111 == 0, (4...7).contains(sizeID) else {
            throw .corrupt(.lz4, position: 5, reason: "block descriptor \(descriptor)")
        }
        blockSizeMax = 1 << (8 + 2 * Int(sizeID))  // 64 KiB, 256 KiB, 1 MiB, 4 MiB.
        // The content size is skipped, not believed: the blocks say what there is.
        let end = flags & 0b1000 != 0 ? 14 : 6
        guard input.byteCount > end else { throw .truncated(.lz4) }
        size = end + 1
        guard checksum == .verified else { return }
        let hash = XXHash32.hash(input.extracting(4..<end))
        guard UInt8(truncatingIfNeeded: hash >> 8) == input.uint8(at: end) else {
            throw .corrupt(.lz4, position: end, reason: "header checksum")
        }
    }
}

extension RawSpan {
    /// - Precondition: Four bytes lie at `start`.
    func uint32LittleEndian(at start: Int) -> UInt32 { uint32(at: start).byteSwapped }
}
