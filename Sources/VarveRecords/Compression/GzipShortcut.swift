internal import CISAL
internal import VarveBytes
internal import VarveTerms

/// Inflates the gzip that Kafka's clients send, at more than twice zlib's speed: one member whose
/// header has no optional fields, and nothing behind it.
///
/// It takes a stream only if it holds what its checksum and its size say. Whatever else there is,
/// and whatever is wrong, is left to zlib, which decides as if nobody had looked before: how
/// members follow each other and why a stream is refused is said in one place. A stream that is
/// not taken costs both. In one thing ISA-L is more lenient than zlib: a block whose distance code
/// leaves codes unused passes where none of them occurs.
///
/// *Source*: RFC 1952; ISA-L's igzip_lib.h.
@safe
struct GzipShortcut: ~Copyable {
    private let stream: UnsafeMutableRawPointer

    init() throws(CompressionError) {
        guard let fresh = unsafe cisal_make() else { throw .outOfMemory(.gzip) }
        unsafe stream = fresh
    }

    deinit { unsafe cisal_free(stream) }

    /// Appends what `input` holds, no more than `limit`.
    /// - Returns: false when zlib is to decide; `output` is then as it was.
    mutating func decode(
        _ input: RawSpan, limit: ByteCount, into output: inout ByteBuffer
    ) -> Bool {
        // ISA-L's sizes have 32 bits.
        guard GzipFormat.beginsMember(input), input.uint8(at: 3) == 0, input.byteCount < 1 << 30
        else { return false }
        let start = output.count
        let isWhole = unsafe input.withUnsafeBytes { raw in
            unsafe cisal_begin(stream, raw.baseAddress, UInt32(raw.count))
            return finish(limit: limit.bytes, into: &output)
        }
        if !isWhole { output.truncate(to: start) }
        return isWhole
    }

    private func finish(limit: Int, into output: inout ByteBuffer) -> Bool {
        let start = output.count
        while true {
            var outcome = cisal_outcome()
            // One byte of room past the limit tells 'exactly full' from 'too much'.
            let roomMax = limit - (output.count - start) + 1
            _ = unsafe GzipFormat.step(into: &output, roomMax: roomMax) { room in
                unsafe outcome = cisal_step(stream, room.baseAddress, UInt32(room.count))
                return (outcome.status, Int(outcome.written))
            }
            guard outcome.status >= 0, output.count - start <= limit else { return false }
            // At the end it may have looked at up to 7 bytes more: too few for another member.
            if outcome.is_finished != 0 { return outcome.left == 0 }
            // There was room, so input is missing.
            guard outcome.written > 0 else { return false }
        }
    }
}
