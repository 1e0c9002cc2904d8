public import VarveBytes
internal import VarveTerms

/// Decompresses record areas under a budget, with the codecs' working memory kept from one call to
/// the next.
///
/// Inputs are not trusted. The output grows as bytes come out of the codec; a size that the input
/// claims is compared with the budget and never allocated on its word alone.
///
/// *Memory*: the output's, of which no more is touched than it held and the limit together, also
/// while it grows; about 90 KB for gzip, and 40 KB more once a stream was unusual; for zstd 100 KB
/// and the frame's window, of which no more is touched than the output is long. A zstd context
/// that grew above 16 MiB is given back after the call.
///
/// *Threads*: one owner at a time; not `Sendable`. A `CodecPool` lends these to threads.
public final class Decompressor {
    private var quickGzip: GzipShortcut?
    private var gzip: GzipDecoder?
    private var zstd = ZstdDecoder()
    private let gzipRules: GzipRules

    /// Allocates nothing yet.
    public init(gzip rules: GzipRules = .sound) { gzipRules = rules }

    /// Appends what `input` decompresses to.
    ///
    /// What follows a whole stream is treated as Kafka's broker treats it:
    ///
    /// | codec | another stream | other bytes |
    /// |---|---|---|
    /// | gzip | decoded too (RFC 1952 members) | ignored |
    /// | lz4 | ignored | ignored |
    /// | snappy | decoded too (xerial framing) | refused |
    /// | zstd | decoded too | refused |
    ///
    /// - Parameter headerChecksum: Whether an LZ4 frame whose header checksum is wrong is refused;
    ///   the writers of magic 0 computed it over the wrong bytes.
    /// - Throws: Why the input cannot be decompressed. `output` then holds what it held before and
    ///   the decompressor stays usable.
    /// - Complexity: O(size of the output), and no more than the budget's limit for `input`.
    public func decompress(
        _ input: RawSpan, codec: Codec, into output: inout ByteBuffer,
        budget: DecompressionBudget = .standard,
        headerChecksum: LZ4HeaderChecksum = .verified
    ) throws(CompressionError) {
        let start = output.count
        let limit = budget.limit(forInput: ByteCount(input.byteCount))
        // With the one byte that tells 'exactly full' from 'too much'.
        output.countMax = start + limit.bytes + 1
        defer { output.countMax = nil }
        do throws(CompressionError) {
            switch codec {
            case .none:
                guard input.byteCount <= limit.bytes else { throw .overBudget(limit: limit) }
                output.append(input)
            case .gzip:
                try decodeGzip(input, limit: limit, into: &output)
            case .snappy:
                try SnappyFraming.decode(input, limit: limit, into: &output)
            case .lz4:
                try LZ4FrameDecoder.decode(
                    input, limit: limit, headerChecksum: headerChecksum, into: &output)
            case .zstd:
                try zstd.decode(input, limit: limit, into: &output)
            }
        } catch {
            output.truncate(to: start)
            throw error
        }
    }

    private func decodeGzip(
        _ input: RawSpan, limit: ByteCount, into output: inout ByteBuffer
    ) throws(CompressionError) {
        if gzipRules == .sound {
            if quickGzip == nil { quickGzip = try GzipShortcut() }
            if quickGzip!.decode(input, limit: limit, into: &output) { return }
        }
        if gzip == nil { gzip = try GzipDecoder() }
        try gzip!.decode(input, limit: limit, into: &output)
    }
}

/// Which gzip streams a `Decompressor` takes.
public enum GzipRules: Hashable, Sendable {
    /// Those that hold the bytes that their checksum was made of, read at more than twice the speed
    /// of zlib. An incomplete distance code, which zlib refuses, passes.
    case sound
    /// Those that zlib takes, and with it every client in Java: for what others are to read.
    case admitted
}

/// What a reader makes of the checksum byte in an LZ4 frame's header.
public enum LZ4HeaderChecksum: Hashable, Sendable {
    /// A frame whose header checksum is wrong is corrupt: batches of magic 1 and 2.
    case verified
    /// The byte is skipped: batches of magic 0, whose writers covered the frame's magic number too.
    case ignored
}
