internal import VarveBytes
internal import VarveRecords

/// A message that Kafka's own classes encoded.
struct WireSeed {
    var name: String
    var version: Int16
    var body: [UInt8]

    /// Those among the fixtures.
    static func all(in files: [(path: String, bytes: [UInt8])]) -> [WireSeed] {
        files.filter { $0.path.hasSuffix("/wire-vectors/messages.bin.gz") }
            .flatMap { unpack($0.bytes) }
    }

    /// Reads `messages.bin.gz`: a name that ends with a zero, the version in two bytes, the size
    /// of the body in four, the body; and so on.
    static func unpack(_ packed: [UInt8]) -> [WireSeed] {
        var output = ByteBuffer()
        guard
            (try? Decompressor().decompress(packed.rawSpan, codec: .gzip, into: &output)) != nil
        else { return [] }
        let bytes = output.bytes.array()
        var seeds: [WireSeed] = []
        var place = 0
        while let end = bytes[place...].firstIndex(of: 0), end + 7 <= bytes.count {
            let name = String(decoding: bytes[place..<end], as: UTF8.self)
            let version = bytes.rawSpan.int16(at: end + 1)
            let size = Int(bytes.rawSpan.int32(at: end + 3))
            guard size >= 0, end + 7 + size <= bytes.count else { break }
            place = end + 7 + size
            seeds.append(
                WireSeed(name: name, version: version, body: Array(bytes[end + 7..<place])))
        }
        return seeds
    }
}
