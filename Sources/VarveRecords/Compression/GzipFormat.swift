internal import CZlib
internal import VarveBytes

/// What reading and writing gzip have in common.
enum GzipFormat {
    /// zlib's code for a window of 2^15 bytes in gzip's wrapping: 15 + 16.
    static var windowBits: Int32 { 15 + 16 }
    /// zlib's own default: 2^(8 + 9) bytes for hash heads and pending output.
    static var memoryLevel: Int32 { 8 }
    /// How much room a step offers at least, where the limit allows it.
    static var stepRoom: Int { 16 << 10 }

    /// Lends spare memory of `output`, at most `roomMax` bytes, to one call of zlib.
    static func step(
        into output: inout ByteBuffer, roomMax: Int,
        _ call: (UnsafeMutableBufferPointer<UInt8>) -> (status: Int32, written: Int)
    ) -> Int32 {
        var status = Z_OK
        output.append(reserving: min(stepRoom, roomMax)) { spare in
            unsafe spare.withUnsafeMutableBytes { raw in
                let size = min(raw.count, roomMax, Int(UInt32.max))
                let room = unsafe UnsafeMutableRawBufferPointer(rebasing: raw[..<size])
                let result = unsafe call(room.assumingMemoryBound(to: UInt8.self))
                status = result.status
                return result.written
            }
        }
        return status
    }

    /// Whether `bytes` can be a member: 10 bytes of header that begin with the magic number and
    /// the one method there is, 2 of deflate and 8 of trailer.
    static func beginsMember(_ bytes: RawSpan) -> Bool {
        bytes.byteCount >= 20 && bytes.uint8(at: 0) == 0x1F && bytes.uint8(at: 1) == 0x8B
            && bytes.uint8(at: 2) == 8
    }

    static func encodingError(_ status: Int32) -> CompressionError {
        status == Z_MEM_ERROR
            ? .outOfMemory(.gzip) : .refused(.gzip, reason: "zlib status \(status)")
    }
}
