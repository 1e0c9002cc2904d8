/// What is wrong with an entry of the formats before magic 2, beyond what `RecordDefect` says of
/// its fields. The index counts the entries inside a wrapper.
public enum LegacyDefect: Error, Hashable, Sendable {
    /// The codec does not exist in this format: zstd came with magic 2.
    case codec(UInt8, magic: Int8)
    /// The value of a wrapper is null or has no bytes.
    case wrapperEmpty
    /// The wrapper decompresses to bytes that end inside an entry.
    case innerTruncated(index: Int32, needed: Int, available: Int)
    /// The size of an entry inside counts fewer bytes than any entry has.
    case innerSizeTooSmall(index: Int32, size: Int32)
    /// An entry inside has another format than its wrapper.
    case innerMagic(index: Int32, found: Int8, wrapper: Int8)
    /// An entry inside is compressed itself.
    case innerCompressed(index: Int32)
    /// The bytes of an entry inside are not those that its checksum was made of.
    case innerChecksum(index: Int32, stored: UInt32, computed: UInt32)
    /// The offset of an entry inside is not within the wrapper's offsets.
    case innerOffset(index: Int32, found: Int64, wrapper: Int64)
    /// The offsets inside take more than 31 bits, or begin below 0.
    case offsetSpan(wrapper: Int64, firstInner: Int64)
}

extension LegacyDefect: CustomStringConvertible {
    public var description: String {
        switch self {
        case .codec(let number, let magic):
            "its attributes name codec \(number), which format version \(magic) does not have"
        case .wrapperEmpty:
            "it wraps no entries"
        case .innerTruncated(let index, let needed, let available):
            "entry \(index) inside needs \(needed) bytes, but only \(available) are there"
        case .innerSizeTooSmall(let index, let size):
            "the size of entry \(index) inside is \(size), less than any entry has"
        case .innerMagic(let index, let found, let wrapper):
            "entry \(index) inside has format version \(found), its wrapper has \(wrapper)"
        case .innerCompressed(let index):
            "entry \(index) inside is compressed itself"
        case .innerChecksum(let index, let stored, let computed):
            "the checksum of entry \(index) inside is \(computed), but \(stored) is stored with it"
        case .innerOffset(let index, let found, let wrapper):
            "entry \(index) inside has offset \(found), which its wrapper at \(wrapper) cannot hold"
        case .offsetSpan(let wrapper, let first):
            "its offsets run from \(first) to \(wrapper)"
        }
    }
}
