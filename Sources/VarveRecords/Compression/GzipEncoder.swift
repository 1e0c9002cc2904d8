internal import CZlib
internal import VarveBytes

/// Writes gzip members with one zlib stream that is reset between them.
///
/// Source: RFC 1952; zlib's manual.
@safe
struct GzipEncoder: ~Copyable {
    // zlib keeps the stream's address and checks it, so the stream must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var level: Int

    init(level: Int) throws(CompressionError) {
        let fresh = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe fresh.initialize(to: z_stream())
        let status = unsafe deflateInit2_(
            fresh, Int32(level), Z_DEFLATED, GzipFormat.windowBits, GzipFormat.memoryLevel,
            Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            unsafe fresh.deallocate()
            throw GzipFormat.encodingError(status)
        }
        unsafe stream = fresh
        self.level = level
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Appends one member that holds `input`.
    mutating func encode(
        _ input: RawSpan, level: Int, into output: inout ByteBuffer
    ) throws(CompressionError) {
        var status = unsafe deflateReset(stream)
        if status == Z_OK, level != self.level {
            // Between a reset and the first byte this only changes the settings.
            status = unsafe deflateParams(stream, Int32(level), Z_DEFAULT_STRATEGY)
            self.level = level
        }
        guard status == Z_OK else { throw GzipFormat.encodingError(status) }
        try unsafe input.withUnsafeBytes { raw throws(CompressionError) in
            var source = unsafe GzipSource(raw)
            repeat {
                unsafe source.feed(stream)
                status = unsafe GzipFormat.step(into: &output, roomMax: .max) { room in
                    unsafe stream.pointee.next_out = room.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(room.count)
                    let status = unsafe deflate(
                        stream, source.isDrained ? Z_FINISH : Z_NO_FLUSH)
                    return unsafe (status, room.count - Int(stream.pointee.avail_out))
                }
                guard status == Z_OK || status == Z_STREAM_END else {
                    throw GzipFormat.encodingError(status)
                }
            } while status != Z_STREAM_END
        }
    }
}
