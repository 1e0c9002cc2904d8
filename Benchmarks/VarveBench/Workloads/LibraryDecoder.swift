internal import CLZ4
internal import CZlib
internal import VarveBytes
internal import VarveRecords

/// Decompression by a library alone, its context kept: what `Decompressor` is divided by.
@safe
final class LibraryDecoder {
    private let stream: UnsafeMutablePointer<z_stream>
    private let target: UnsafeMutableRawBufferPointer

    /// - Parameter sizeMax: the largest plain size of a piece.
    init(sizeMax: Int) throws {
        unsafe target = .allocate(byteCount: sizeMax, alignment: 4096)
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // A window of 2^15 bytes, in gzip's wrapping.
        let status = unsafe inflateInit2_(
            stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw LeafError(call: "inflateInit2", code: status) }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
        unsafe target.deallocate()
    }

    /// One gzip member, by zlib.
    /// - Returns: the plain size.
    func inflate(_ packed: RawSpan) throws -> Int {
        try unsafe packed.withUnsafeBytes { raw in
            guard unsafe inflateReset(stream) == Z_OK else {
                throw LeafError(call: "inflateReset", code: Z_STREAM_ERROR)
            }
            unsafe stream.pointee.next_in = UnsafeMutablePointer(
                mutating: raw.assumingMemoryBound(to: UInt8.self).baseAddress)
            unsafe stream.pointee.avail_in = UInt32(raw.count)
            unsafe stream.pointee.next_out =
                target.assumingMemoryBound(to: UInt8.self)
                .baseAddress
            unsafe stream.pointee.avail_out = UInt32(target.count)
            let status = unsafe CZlib.inflate(stream, Z_FINISH)
            guard status == Z_STREAM_END else { throw LeafError(call: "inflate", code: status) }
            return unsafe target.count - Int(stream.pointee.avail_out)
        }
    }

    /// One LZ4 block, by liblz4.
    /// - Returns: the plain size.
    func decompressBlock(_ packed: RawSpan) throws -> Int {
        try unsafe packed.withUnsafeBytes { raw in
            let size = unsafe LZ4_decompress_safe(
                raw.assumingMemoryBound(to: CChar.self).baseAddress,
                target.assumingMemoryBound(to: CChar.self).baseAddress, Int32(raw.count),
                Int32(target.count))
            guard size >= 0 else { throw LeafError(call: "LZ4_decompress_safe", code: size) }
            return Int(size)
        }
    }

    /// Where the one block stands in a frame that holds a piece of 64 KiB: behind the frame's
    /// header of 7 bytes and the block's size, of which the top bit marks one that is stored.
    static func block(in frame: RawSpan) -> Range<Int>? {
        let size = Int(frame.uint32(at: 7).byteSwapped)
        return size < 1 << 31 ? 11..<11 + size : nil
    }
}
