internal import CZstd
internal import VarveBytes

/// Writes zstd frames with one compression context.
///
/// Source: RFC 8878; KIP-110. The frame's header holds the content size, which readers may use.
@safe
struct ZstdEncoder: ~Copyable {
    /// A context above this is not kept. Every level stays below for inputs of 1 MiB (17 MiB at
    /// level 22), and levels up to 11 for inputs of any size (25 MiB); level 22 with large inputs
    /// asks for hundreds of MiB.
    static var memoryKeptMax: Int { 32 << 20 }

    private var context: OpaquePointer?

    /// Allocates nothing yet.
    init() { unsafe context = nil }

    deinit { _ = unsafe ZSTD_freeCCtx(context) }

    /// Appends one frame that holds `input`.
    mutating func encode(
        _ input: RawSpan, level: Int, into output: inout ByteBuffer
    ) throws(CompressionError) {
        if unsafe context == nil { unsafe context = ZSTD_createCCtx() }
        guard let context = unsafe context else { throw .outOfMemory(.zstd) }
        defer { shedMemory() }
        _ = try Self.checked(unsafe ZSTD_CCtx_reset(context, ZSTD_reset_session_only))
        _ = try Self.checked(
            unsafe ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level)))
        let room = ZSTD_compressBound(input.byteCount)
        try output.append(reserving: room) { spare throws(CompressionError) in
            try unsafe input.withUnsafeBytes { source throws(CompressionError) in
                try unsafe spare.withUnsafeMutableBytes { target throws(CompressionError) in
                    try Self.checked(
                        unsafe ZSTD_compress2(
                            context, target.baseAddress, target.count, source.baseAddress,
                            source.count))
                }
            }
        }
    }

    private mutating func shedMemory() {
        guard unsafe ZSTD_sizeof_CCtx(context) > Self.memoryKeptMax else { return }
        _ = unsafe ZSTD_freeCCtx(context)
        unsafe context = nil
    }

    private static func checked(_ result: Int) throws(CompressionError) -> Int {
        guard ZSTD_isError(result) != 0 else { return result }
        guard ZSTD_getErrorCode(result) != ZSTD_error_memory_allocation else {
            throw .outOfMemory(.zstd)
        }
        throw .refused(.zstd, reason: unsafe String(cString: ZSTD_getErrorName(result)))
    }
}
