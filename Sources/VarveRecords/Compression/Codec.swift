/// How the records of a batch are compressed. The raw value is the codec id that stands in bits 0
/// to 2 of a batch's attributes.
///
/// Source: Kafka's `CompressionType`; zstd is KIP-110.
public enum Codec: UInt8, CaseIterable, Hashable, Sendable {
    case none = 0
    case gzip
    case snappy
    case lz4
    case zstd

    /// The codec's name in Kafka's settings and on Varve's command line.
    public var name: String {
        switch self {
        case .none: "none"
        case .gzip: "gzip"
        case .snappy: "snappy"
        case .lz4: "lz4"
        case .zstd: "zstd"
        }
    }

    /// The codec of that exact name; nil when there is none.
    public init?(name: some StringProtocol) {
        guard let codec = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = codec
    }

    /// The levels that the codec may be asked for; nil when it has none.
    ///
    /// These are Kafka's ranges (KIP-390). LZ4 knows no level above 12 and takes 13 to 17 as 12.
    public var levels: ClosedRange<Int>? {
        switch self {
        case .none, .snappy: nil
        case .gzip: 1...9
        case .lz4: 1...17
        case .zstd: -131_072...22
        }
    }
}

extension Codec: CustomStringConvertible {
    public var description: String { name }
}
