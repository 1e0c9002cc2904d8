// Stands in for the codecs, and gives way to them: with their files in place, this one is deleted.

public import VarveBytes

public enum Codec: UInt8, Hashable, Sendable { case none, gzip, snappy, lz4, zstd }
public struct Compression: Hashable, Sendable {
    public let codec: Codec
    public static var none: Compression { .init(codec: .none) }
    public static var gzip: Compression { .init(codec: .gzip) }
    public static var snappy: Compression { .init(codec: .snappy) }
    public static var lz4: Compression { .init(codec: .lz4) }
    public static var zstd: Compression { .init(codec: .zstd) }
}
public struct DecompressionBudget: Hashable, Sendable {
    public static var standard: DecompressionBudget { .init() }
    public init() {}
}
public enum CompressionError: Error, Hashable, Sendable { case unavailable }
public final class Compressor {
    public init() {}
    public func compress(
        _ input: RawSpan, with compression: Compression, into output: inout ByteBuffer
    ) throws(CompressionError) {
        guard compression == .none else { throw .unavailable }
        output.append(input)
    }
}
public final class Decompressor {
    public init() {}
    public func decompress(
        _ input: RawSpan, codec: Codec, into output: inout ByteBuffer, budget: DecompressionBudget
    ) throws(CompressionError) {
        guard codec == .none else { throw .unavailable }
        output.append(input)
    }
}
