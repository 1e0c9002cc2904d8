internal import VarveBytes
internal import VarveRecords

/// The files of a `.tar.gz` among the fixtures.
struct PackedFiles {
    private(set) var files: [(path: String, bytes: [UInt8])] = []

    /// - Parameter folder: what the paths begin with.
    init(_ packed: [UInt8], at folder: String) {
        var output = ByteBuffer()
        guard
            (try? Decompressor().decompress(packed.rawSpan, codec: .gzip, into: &output)) != nil
        else { return }
        let tar = output.bytes.array()
        var place = 0
        while place + Self.blockSize <= tar.count, tar[place] != 0 {
            // Of a header: the name, the size in octal digits, and the kind, which is 0 for files.
            let name = Self.text(tar[place..<place + 100])
            guard let size = Int(Self.text(tar[place + 124..<place + 135]), radix: 8),
                size >= 0, place + Self.blockSize + size <= tar.count
            else { return }
            let kind = tar[place + 156]
            place += Self.blockSize
            if kind == UInt8(ascii: "0") || kind == 0 {
                let path = name.hasPrefix("./") ? String(name.dropFirst(2)) : name
                files.append(("\(folder)/\(path)", Array(tar[place..<place + size])))
            }
            place += (size + Self.blockSize - 1) / Self.blockSize * Self.blockSize
        }
    }

    private static let blockSize = 512

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }
}
