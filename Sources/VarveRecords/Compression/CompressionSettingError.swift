/// Why a text or a number names no lawful compression.
public enum CompressionSettingError: Error, Hashable, Sendable {
    /// The text begins with the name of no codec.
    case unknownCodec(String)
    /// What stands after the colon is no whole number.
    case levelNotANumber(String)
    /// The codec has levels, but not this one.
    case levelOutOfRange(Codec, level: Int, allowed: ClosedRange<Int>)
    /// The codec has no levels, and one was given.
    case codecWithoutLevels(Codec)
}

extension CompressionSettingError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownCodec(let text):
            let names = Codec.allCases.map(\.name).joined(separator: ", ")
            return "'\(text)' names no compression; it is one of \(names), "
                + "with a level where the codec has levels, as in zstd:3"
        case .levelNotANumber(let text):
            return "the compression level '\(text)' is not a whole number"
        case .levelOutOfRange(let codec, let level, let allowed):
            return "\(codec) has no level \(level); its levels are "
                + "\(allowed.lowerBound) to \(allowed.upperBound)"
        case .codecWithoutLevels(let codec):
            return "\(codec) has no levels"
        }
    }
}
