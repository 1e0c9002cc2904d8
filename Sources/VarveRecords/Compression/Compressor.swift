public import VarveBytes

/// Compresses record areas, with the codecs' working memory kept from one call to the next.
///
/// A codec's memory is allocated at its first use. After that gzip, lz4 and zstd allocate nothing
/// but the growth of the output; snappy's library allocates its table at every call.
///
/// *Memory kept*: about 270 KB for gzip, 16 KB for lz4 (260 KB from level 3 on), and for zstd what
/// the level and the largest input asked for, at most 32 MiB.
///
/// *Threads*: one owner at a time; not `Sendable`. A `CodecPool` lends these to threads.
public final class Compressor {
    private var gzip: GzipEncoder?
    private var lz4: LZ4FrameEncoder?
    private var zstd = ZstdEncoder()

    /// Allocates nothing yet.
    public init() {}

    /// Appends `input` to `output` as Kafka's clients expect the record area of a batch in that
    /// codec: one gzip member, snappy blocks in xerial framing, one LZ4 frame of independent
    /// 64 KiB blocks, or one zstd frame. Equal calls append equal bytes.
    ///
    /// - Throws: `.outOfMemory`, or `.refused` when the codec's library says that the call is
    ///   wrong. `output` then holds what it held before and the compressor stays usable.
    /// - Complexity: O(n), in one pass over `input`.
    public func compress(
        _ input: RawSpan, with compression: Compression, into output: inout ByteBuffer
    ) throws(CompressionError) {
        let start = output.count
        do throws(CompressionError) {
            switch compression.codec {
            case .none: output.append(input)
            case .gzip: try compressGzip(input, level: compression.level, into: &output)
            case .snappy: try SnappyFraming.encode(input, into: &output)
            case .lz4: try compressLZ4(input, level: compression.level, into: &output)
            case .zstd: try zstd.encode(input, level: compression.level, into: &output)
            }
        } catch {
            output.truncate(to: start)
            throw error
        }
    }

    private func compressGzip(
        _ input: RawSpan, level: Int, into output: inout ByteBuffer
    ) throws(CompressionError) {
        if gzip == nil { gzip = try GzipEncoder(level: level) }
        try gzip!.encode(input, level: level, into: &output)
    }

    private func compressLZ4(
        _ input: RawSpan, level: Int, into output: inout ByteBuffer
    ) throws(CompressionError) {
        if lz4 == nil { lz4 = try LZ4FrameEncoder() }
        try lz4!.encode(input, level: level, into: &output)
    }
}
