import Testing
import VarveBytes
import VarveRecords
import VarveSim

extension LogFixture {
    /// Puts the files of a `.tar.gz` of Tests/Fixtures on a simulated disk, below `path`.
    static func plant(archive name: String, at path: String, on disk: SimulatedDisk) throws {
        let packed = Fixture.bytes(Fixture.root + "/Tests/Fixtures/" + name)
        var buffer = ByteBuffer()
        try Decompressor().decompress(packed.rawSpan, codec: .gzip, into: &buffer)
        let tar = buffer.bytes.array()
        var position = 0
        disk.plantDirectory(path)
        while position + 512 <= tar.count, tar[position] != 0 {
            // Name, size in octal digits, kind: the fields of a header that matter here.
            let name = text(tar[position..<position + 100])
            let size = try #require(Int(text(tar[position + 124..<position + 135]), radix: 8))
            let kind = tar[position + 156]
            position += 512
            if kind == UInt8(ascii: "5") {
                disk.plantDirectory(path + "/" + name.dropLast())
            } else {
                disk.setContents(path + "/" + name, Array(tar[position..<position + size]))
            }
            position += (size + 511) / 512 * 512
        }
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }
}
