internal import CZstd
internal import VarveBytes
internal import VarveTerms

/// Reads zstd frames with one decompression context, streaming.
///
/// Source: RFC 8878; KIP-110. Frames that follow each other are one output, skippable frames hold
/// nothing, and the formats of before zstd 0.8 are refused although the library reads them.
@safe
struct ZstdDecoder: ~Copyable {
    static var magic: UInt32 { 0xFD2F_B528 }
    /// The first of sixteen magic numbers in a row that mark frames to skip.
    static var skippableMagic: UInt32 { 0x184D_2A50 }

    /// The largest window, 2^27 bytes or 128 MiB: Kafka's limit, which is the library's own.
    ///
    /// It cannot be lower: Java's client streams, so its frames name the window of their level and
    /// not of their content, and a batch of 100 bytes at level 22 names 2^27. The library allocates
    /// the window when it has read the header; of that only what the output passes through is
    /// touched, and the budget bounds that.
    static var windowLogMax: Int32 { 27 }

    /// A context above this is not kept, so that one frame with a large window does not cost its
    /// memory for good. Levels up to 19 use windows of at most 8 MiB and stay below it.
    static var memoryKeptMax: Int { 16 << 20 }

    /// How much room a step offers at least, where the limit allows it: one block of zstd.
    private static var stepRoom: Int { 128 << 10 }

    private var context: OpaquePointer?

    /// Allocates nothing yet.
    init() { unsafe context = nil }

    deinit { _ = unsafe ZSTD_freeDCtx(context) }

    /// Bytes that the context holds now.
    var memorySize: Int { unsafe ZSTD_sizeof_DCtx(context) }

    /// Appends what the frames of `input` hold together.
    mutating func decode(
        _ input: RawSpan, limit: ByteCount, into output: inout ByteBuffer
    ) throws(CompressionError) {
        guard !input.isEmpty else { throw .truncated(.zstd) }
        try prepareContext()
        defer { shedMemory() }
        let start = output.count
        var place = 0
        while place < input.byteCount {
            let rest = input.extracting(droppingFirst: place)
            try Self.checkMagic(of: rest, at: place)
            place += try decodeFrame(
                rest, produced: output.count - start, limit: limit, into: &output)
        }
    }

    private mutating func prepareContext() throws(CompressionError) {
        guard unsafe context == nil else { return }
        guard let fresh = unsafe ZSTD_createDCtx() else { throw .outOfMemory(.zstd) }
        let status = unsafe ZSTD_DCtx_setParameter(fresh, ZSTD_d_windowLogMax, Self.windowLogMax)
        precondition(ZSTD_isError(status) == 0, "window limit \(Self.windowLogMax)")
        unsafe context = fresh
    }

    private mutating func shedMemory() {
        guard memorySize > Self.memoryKeptMax else { return }
        _ = unsafe ZSTD_freeDCtx(context)
        unsafe context = nil
    }

    private static func checkMagic(
        of rest: RawSpan, at place: Int
    ) throws(CompressionError) {
        if rest.byteCount >= 4 {
            let found = rest.uint32LittleEndian(at: 0)
            if found == magic || found & ~0xF == skippableMagic { return }
        } else if place == 0 {
            throw .truncated(.zstd)
        }
        guard place > 0 else {
            throw .corrupt(.zstd, position: 0, reason: "not the frame's magic number")
        }
        throw .trailingGarbage(.zstd, size: ByteCount(rest.byteCount))
    }

    /// Appends the frame at the start of `input` and answers its compressed size.
    private mutating func decodeFrame(
        _ input: RawSpan, produced: Int, limit: ByteCount, into output: inout ByteBuffer
    ) throws(CompressionError) -> Int {
        _ = unsafe ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        let allowed = limit.bytes - produced
        output.reserve(try firstRoom(for: input, allowed: allowed, limit: limit))
        let start = output.count
        return try unsafe input.withUnsafeBytes { raw throws(CompressionError) in
            var source = unsafe ZSTD_inBuffer(src: raw.baseAddress, size: raw.count, pos: 0)
            while true {
                // One byte of room past the limit tells 'exactly full' from 'too much'.
                let roomMax = allowed - (output.count - start) + 1
                let (hint, isFull) = unsafe step(&source, roomMax: roomMax, into: &output)
                guard ZSTD_isError(hint) == 0 else { throw Self.decodingError(hint) }
                guard output.count - start <= allowed else { throw .overBudget(limit: limit) }
                if hint == 0 { return unsafe source.pos }
                if !isFull, unsafe source.pos == source.size { throw .truncated(.zstd) }
            }
        }
    }

    /// One call of the library: what it answered, and whether it used all of its room.
    private mutating func step(
        _ source: inout ZSTD_inBuffer, roomMax: Int, into output: inout ByteBuffer
    ) -> (hint: Int, isFull: Bool) {
        var (hint, isFull) = (0, false)
        output.append(reserving: min(Self.stepRoom, roomMax)) { spare in
            unsafe spare.withUnsafeMutableBytes { raw in
                var target = unsafe ZSTD_outBuffer(
                    dst: raw.baseAddress, size: min(raw.count, roomMax), pos: 0)
                hint = unsafe ZSTD_decompressStream(context, &target, &source)
                isFull = unsafe target.pos == target.size
                return unsafe target.pos
            }
        }
        return (hint, isFull)
    }

    /// How much room the frame gets before its first byte is decoded.
    ///
    /// With room for the whole content the library decodes in one pass and needs no window. The
    /// size that the header claims is believed up to 16 times the input, so that 1 KiB from outside
    /// allocates 16 KiB here and not what it likes; larger contents arrive in steps.
    private func firstRoom(
        for input: RawSpan, allowed: Int, limit: ByteCount
    ) throws(CompressionError) -> Int {
        let claimed = unsafe input.withUnsafeBytes { raw in
            unsafe ZSTD_getFrameContentSize(raw.baseAddress, raw.count)
        }
        guard claimed < ZSTD_CONTENTSIZE_ERROR else { return 0 }  // Not said, or not readable.
        guard claimed <= UInt64(allowed) else { throw .overBudget(limit: limit) }
        return min(Int(claimed), input.byteCount * 16)
    }

    private static func decodingError(_ result: Int) -> CompressionError {
        switch ZSTD_getErrorCode(result) {
        case ZSTD_error_memory_allocation: return .outOfMemory(.zstd)
        case ZSTD_error_dictionary_wrong: return .unsupported(.zstd, .dictionary)
        case ZSTD_error_frameParameter_windowTooLarge:
            return .unsupported(.zstd, .windowTooLarge)
        default:
            let reason = unsafe String(cString: ZSTD_getErrorName(result))
            return .corrupt(.zstd, position: nil, reason: reason)
        }
    }
}
