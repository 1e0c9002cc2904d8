internal import VarveBytes

/// The fixed start of an entry of the formats before magic 2: where each big-endian field lies and
/// how wide it is. The key follows with its length before it, then the value with its own.
///
///     offset 8 | size 4 | crc 4 | magic 1 | attributes 1 | timestamp 8, magic 1 only | key | value
///
/// *Source*: Kafka's message format of 0.8 (magic 0) and KIP-32 (magic 1);
/// docs/formats/legacy-entry.md.
enum LegacyLayout {
    /// The record's offset; in a wrapper, that of the last record inside.
    static var offset: Field { Field(at: 0, width: 8) }
    /// The bytes that follow this field.
    static var size: Field { Field(after: offset, width: 4) }
    /// CRC-32 of every byte after this field.
    static var crc: Field { Field(after: size, width: 4) }
    /// 0 or 1.
    static var magic: Field { Field(after: crc, width: 1) }
    /// Bits 0–2 codec; bit 3, in magic 1, the timestamp type.
    static var attributes: Field { Field(after: magic, width: 1) }
    /// In magic 1 only; in a wrapper, the largest timestamp inside.
    static var timestamp: Field { Field(after: attributes, width: 8) }
    /// The width of the length before the key and before the value; −1 stands for null.
    static var lengthWidth: Int { 4 }

    /// Where the length of the key stands.
    static func keyLength(magic: Int8) -> Field {
        Field(after: magic == 0 ? attributes : timestamp, width: lengthWidth)
    }

    /// The fewest bytes of a whole entry: null key, null value.
    static func entrySizeMin(magic: Int8) -> Int { keyLength(magic: magic).end + lengthWidth }

    /// Whether a format version is one of these.
    @inline(__always)
    static func isLegacy(magic: Int8) -> Bool { UInt8(bitPattern: magic) < 2 }
}
