import VarveBytes
import VarveTerms

@testable import VarveRecords

/// An entry of magic 0 or 1 written by hand, with any field wrong and the checksum right.
struct RawEntry {
    var offset: Int64 = 0
    var magic: Int8 = 1
    var attributes: UInt8 = 0
    var timestamp: Int64 = Golden.timestamp
    var key: [UInt8]? = [1]
    var value: [UInt8]? = [2]
    /// These stand in the entry instead of the true numbers.
    var size, keyLength, valueLength: Int32?
    /// Bytes after the value, counted by the size.
    var tail: [UInt8] = []
    /// Stands in place of the true checksum.
    var crc: UInt32?

    var bytes: [UInt8] {
        var covered = ByteBuffer()
        covered.append(magic)
        covered.append(attributes)
        if magic != 0 { covered.append(timestamp) }
        covered.append(keyLength ?? key.map { Int32($0.count) } ?? -1)
        covered.append(key ?? [])
        covered.append(valueLength ?? value.map { Int32($0.count) } ?? -1)
        covered.append(value ?? [])
        covered.append(tail)
        var whole = ByteBuffer()
        whole.append(offset)
        whole.append(size ?? Int32(covered.count + 4))
        whole.append(crc ?? CRC32.checksum(covered.bytes))
        whole.append(covered.bytes)
        return whole.bytes.array()
    }

    /// A wrapper around these bytes.
    static func wrapper(
        _ inner: [UInt8], _ codec: Codec = .gzip, magic: Int8 = 1, at offset: Int64,
        timestamp: Int64 = Golden.timestamp
    ) throws -> RawEntry {
        var output = ByteBuffer()
        try Compressor().compress(inner.rawSpan, with: Compression(codec), into: &output)
        return RawEntry(
            offset: offset, magic: magic, attributes: codec.rawValue, timestamp: timestamp,
            key: nil, value: output.bytes.array())
    }

    /// A wrapper of magic 1 around `count` entries, the last of them at `offset`.
    static func wrapper(_ count: Int, at offset: Int64) throws -> RawEntry {
        let inner = (0..<count).flatMap { place in
            RawEntry(offset: Int64(place), timestamp: Golden.timestamp + Int64(place)).bytes
        }
        return try wrapper(
            inner, at: offset, timestamp: Golden.timestamp + Int64(count - 1))
    }
}

/// Golden bytes of entries that Apache Kafka's own classes made: see `Golden`.
enum GoldenEntries {
    static let plainOfMagic0 = hex(
        """
        00000000000000000000002acf0ba08e0000000000036b65790000001976616c756576616c756576616c7565
        76616c756576616c75650000000000000001000000117a0a65ca0000000000036b6579ffffffff
        """)
    static let plainOfMagic1 = hex(
        """
        0000000000000000000000322d18d89301000000018bcfe56800000000036b65790000001976616c75657661
        6c756576616c756576616c756576616c7565000000000000000100000019be8c6bf601000000018bcfe56801
        000000036b6579ffffffff
        """)
    static let lz4OfMagic0 = hex(
        """
        000000000000000100000055299025290003ffffffff0000004704224d1860401a3800000016000100512acf
        0ba08e0f00df036b65790000001976616c7565050001012600b0000001000000117a0a65ca0d009000036b65
        79ffffffff00000000
        """)

    /// The records that each of them holds.
    static func records(magic: Int8) -> [Record] {
        [0, 1].map { place in
            Record(
                key: Array("key".utf8),
                value: place == 0 ? Array("valuevaluevaluevaluevalue".utf8) : nil,
                timestamp: Timestamp(
                    milliseconds: magic == 0 ? -1 : Golden.timestamp + Int64(place)))
        }
    }
}
