internal import CZlib
internal import VarveBytes
internal import VarveTerms

/// Reads gzip members with one zlib stream that is reset between them.
///
/// Source: RFC 1952; zlib's manual. Members that follow each other are one output (RFC 1952 §2.2);
/// bytes that do not begin a member end it without an error, as for Java's `GZIPInputStream`.
@safe
struct GzipDecoder: ~Copyable {
    // zlib keeps the stream's address and checks it, so the stream must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    init() throws(CompressionError) {
        let fresh = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe fresh.initialize(to: z_stream())
        let status = unsafe inflateInit2_(
            fresh, GzipFormat.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            unsafe fresh.deallocate()
            throw .outOfMemory(.gzip)
        }
        unsafe stream = fresh
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Appends what the members of `input` hold together.
    mutating func decode(
        _ input: RawSpan, limit: ByteCount, into output: inout ByteBuffer
    ) throws(CompressionError) {
        guard unsafe inflateReset(stream) == Z_OK else { throw .outOfMemory(.gzip) }
        try unsafe input.withUnsafeBytes { raw throws(CompressionError) in
            var source = unsafe GzipSource(raw)
            var produced = 0
            while true {
                unsafe source.feed(stream)
                let before = output.count
                // One byte of room past the limit tells 'exactly full' from 'too much'.
                let roomMax = limit.bytes - produced + 1
                let status = unsafe GzipFormat.step(into: &output, roomMax: roomMax) { room in
                    unsafe stream.pointee.next_out = room.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(room.count)
                    let status = unsafe inflate(stream, Z_NO_FLUSH)
                    return unsafe (status, room.count - Int(stream.pointee.avail_out))
                }
                produced += output.count - before
                guard produced <= limit.bytes else { throw .overBudget(limit: limit) }
                let consumed = unsafe source.handed - Int(stream.pointee.avail_in)
                switch status {
                case Z_OK: break
                case Z_STREAM_END:
                    guard GzipFormat.beginsMember(input.extracting(droppingFirst: consumed))
                    else { return }
                    // A reset leaves the stream's place in the input as it is.
                    guard unsafe inflateReset(stream) == Z_OK else { throw .outOfMemory(.gzip) }
                case Z_BUF_ERROR: throw .truncated(.gzip)  // There was room, so input is missing.
                case Z_MEM_ERROR: throw .outOfMemory(.gzip)
                default: throw decodingError(at: consumed)
                }
            }
        }
    }

    private func decodingError(at position: Int) -> CompressionError {
        var reason = "bad stream"
        if let text = unsafe stream.pointee.msg { reason = unsafe String(cString: text) }
        return .corrupt(.gzip, position: position, reason: reason)
    }
}
