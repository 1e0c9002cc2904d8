internal import CLZ4
internal import VarveBytes

/// Writes LZ4 frames as Kafka's Java client does: independent blocks of 64 KiB, no checksums but
/// the header's, no content size. Every such frame begins `04 22 4d 18 60 40 82`.
///
/// Source: LZ4 Frame Format 1.6.1; KIP-57 for what Kafka's readers demand of it.
@safe
struct LZ4FrameEncoder: ~Copyable {
    private let context: OpaquePointer

    init() throws(CompressionError) {
        var fresh: OpaquePointer?
        let status = unsafe LZ4F_createCompressionContext(&fresh, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(status) == 0, let fresh = unsafe fresh else {
            throw .outOfMemory(.lz4)
        }
        unsafe context = fresh
    }

    deinit { _ = unsafe LZ4F_freeCompressionContext(context) }

    /// Appends one frame that holds `input`.
    mutating func encode(
        _ input: RawSpan, level: Int, into output: inout ByteBuffer
    ) throws(CompressionError) {
        var preferences = Self.preferences(level: level)
        let room = unsafe LZ4F_compressFrameBound(input.byteCount, &preferences)
        try output.append(reserving: room) { spare throws(CompressionError) in
            try unsafe input.withUnsafeBytes { source throws(CompressionError) in
                try unsafe spare.withUnsafeMutableBytes { target throws(CompressionError) in
                    try unsafe writeFrame(source, &preferences, to: target)
                }
            }
        }
    }

    /// Writes the frame to `target` and answers its size.
    private func writeFrame(
        _ source: UnsafeRawBufferPointer, _ preferences: inout LZ4F_preferences_t,
        to target: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int {
        guard let base = target.baseAddress else {
            throw .refused(.lz4, reason: "no room")
        }
        var size = try Self.checked(
            unsafe LZ4F_compressBegin(context, base, target.count, &preferences))
        if unsafe !source.isEmpty {
            size += try Self.checked(
                unsafe LZ4F_compressUpdate(
                    context, base + size, target.count - size, source.baseAddress, source.count,
                    nil))
        }
        size += try Self.checked(
            unsafe LZ4F_compressEnd(context, base + size, target.count - size, nil))
        return size
    }

    private static func preferences(level: Int) -> LZ4F_preferences_t {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.blockSizeID = LZ4F_max64KB
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        preferences.compressionLevel = Int32(level)
        // With the whole input at hand nothing is gained by gathering it in the context first.
        preferences.autoFlush = 1
        return preferences
    }

    private static func checked(_ result: Int) throws(CompressionError) -> Int {
        guard LZ4F_isError(result) != 0 else { return result }
        let reason = unsafe String(cString: LZ4F_getErrorName(result))
        throw reason == "ERROR_allocation_failed"
            ? .outOfMemory(.lz4) : .refused(.lz4, reason: reason)
    }
}
