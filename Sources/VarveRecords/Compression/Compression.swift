/// A codec with the effort that a writer spends on it. A value of this type is always lawful.
public struct Compression: Hashable, Sendable {
    public let codec: Codec
    /// The level handed to the codec's library; 0 for codecs that have none.
    public let level: Int

    /// Records as they are.
    public static var none: Compression { Compression(lawful: .none, level: 0) }

    /// gzip at level 1. Kafka's own default is 6, which is more than twice as slow on log-like
    /// records and saves about a fifth of the bytes.
    public static var gzip: Compression { Compression(lawful: .gzip, level: 1) }

    /// snappy, which has no levels.
    public static var snappy: Compression { Compression(lawful: .snappy, level: 0) }

    /// LZ4's fast coder, levels 1 and 2. From level 3 on its slower high-compression coder works.
    /// Kafka reads its own default, 9, as 'the fast coder' too; here 9 means high compression.
    public static var lz4: Compression { Compression(lawful: .lz4, level: 1) }

    /// zstd at level 1. Kafka's own default is 3, which on 64 KiB of log-like records takes longer
    /// and saves nothing.
    public static var zstd: Compression { Compression(lawful: .zstd, level: 1) }

    /// The codec at the level that suits a log: the fast end.
    public init(_ codec: Codec) {
        self =
            switch codec {
            case .none: .none
            case .gzip: .gzip
            case .snappy: .snappy
            case .lz4: .lz4
            case .zstd: .zstd
            }
    }

    /// The codec at a chosen level.
    /// - Throws: `.codecWithoutLevels` for `none` and `snappy`; `.levelOutOfRange` otherwise, when
    ///   `level` is not one of `codec.levels`.
    public init(_ codec: Codec, level: Int) throws(CompressionSettingError) {
        guard let allowed = codec.levels else { throw .codecWithoutLevels(codec) }
        guard allowed.contains(level) else {
            throw .levelOutOfRange(codec, level: level, allowed: allowed)
        }
        self.init(lawful: codec, level: level)
    }

    /// What a command line or a setting says: `zstd`, or `zstd:3` with a level.
    /// - Throws: What is wrong with the text; its description is fit to show.
    public init(parsing text: String) throws(CompressionSettingError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, let codec = Codec(name: name) else {
            throw .unknownCodec(text)
        }
        guard parts.count == 2 else {
            self.init(codec)
            return
        }
        guard let level = Int(parts[1]) else { throw .levelNotANumber(String(parts[1])) }
        try self.init(codec, level: level)
    }

    private init(lawful codec: Codec, level: Int) {
        self.codec = codec
        self.level = level
    }
}

extension Compression: CustomStringConvertible {
    /// The text that `init(parsing:)` takes.
    public var description: String {
        codec.levels == nil ? codec.name : "\(codec.name):\(level)"
    }
}
