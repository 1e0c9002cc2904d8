public import VarveTerms

/// Why bytes could not be compressed or decompressed.
public enum CompressionError: Error, Hashable, Sendable {
    /// The bytes break the codec's format. `position` is the byte of the compressed input at which
    /// that was noticed, where the codec tells; `reason` is the library's text or the broken rule.
    case corrupt(Codec, position: Int?, reason: String)
    /// The input ends before the codec's format does.
    case truncated(Codec)
    /// The output is, or says that it is, larger than `limit`: what the budget leaves this input.
    case overBudget(limit: ByteCount)
    /// A whole stream is followed by bytes that are no stream.
    case trailingGarbage(Codec, size: ByteCount)
    /// The bytes are lawful for the codec, but ask for something that Kafka's readers refuse.
    case unsupported(Codec, UnsupportedFeature)
    /// The codec's library could not allocate its memory.
    case outOfMemory(Codec)
    /// The codec's library refused to compress, for a reason that is not the memory.
    case refused(Codec, reason: String)

    /// What a lawful stream may ask for and not get.
    public enum UnsupportedFeature: Hashable, Sendable {
        /// LZ4 blocks that refer to the blocks before them.
        case dependentBlocks
        /// LZ4's frame format of before 2014, with another magic number.
        case legacyFrame
        /// A frame that was compressed with a dictionary.
        case dictionary
        /// A zstd frame whose window is larger than 128 MiB.
        case windowTooLarge
    }
}

extension CompressionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .corrupt(let codec, let position?, let reason):
            "corrupt \(codec) at byte \(position): \(reason)"
        case .corrupt(let codec, nil, let reason):
            "corrupt \(codec): \(reason)"
        case .truncated(let codec):
            "\(codec) ends too early"
        case .overBudget(let limit):
            "decompresses to more than the \(limit) bytes allowed"
        case .trailingGarbage(let codec, let size):
            "\(size) bytes follow the end of the \(codec) stream"
        case .unsupported(let codec, let feature):
            "\(codec) with \(feature)"
        case .outOfMemory(let codec):
            "no memory for \(codec)"
        case .refused(let codec, let reason):
            "\(codec) did not compress: \(reason)"
        }
    }
}

extension CompressionError.UnsupportedFeature: CustomStringConvertible {
    public var description: String {
        switch self {
        case .dependentBlocks: "dependent blocks is not supported"
        case .legacyFrame: "the legacy frame format is not supported"
        case .dictionary: "a dictionary is not supported"
        case .windowTooLarge: "a window above 128 MiB is not supported"
        }
    }
}
