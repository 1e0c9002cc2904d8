import Testing
import VarveBytes
import VarveSim
import VarveSystem
import VarveTerms

@Suite("SimulatedMapping")
struct SimulatedMappingTests {
    let disk = SimulatedDisk()

    private func text(_ mapping: MappedBytes, _ range: Range<Int>) -> String {
        let span = mapping.bytes(in: range)
        return String(
            decoding: range.indices.map { span.byte(at: $0 - range.lowerBound) },
            as: UTF8.self)
    }

    @Test("a mapping shows what is written later, by whichever opening")
    func laterWrites() throws {
        let file = try OpenFile("/a", .createNew, in: disk)
        try file.write([UInt8]("ab".utf8).rawSpan, at: .zero)
        let mapping = try OpenFile("/a", .read, in: disk).map(size: .gib(1))
        #expect(mapping.count == 1 << 30)
        #expect(text(mapping, 0..<2) == "ab")
        try file.write([UInt8]("xyz".utf8).rawSpan, at: FilePosition(1))
        #expect(text(mapping, 0..<4) == "axyz")
        try file.write([UInt8]("!".utf8).rawSpan, at: FilePosition(6))
        #expect(text(mapping, 0..<7) == "axyz\0\0!")
        disk.flipBit("/a", 0)
        #expect(text(mapping, 0..<1) == "`")
    }

    @Test("a mapping outlives name, opening and disk")
    func outlives() throws {
        var mapping: MappedBytes?
        do {
            let disk = SimulatedDisk()
            try disk.put("/a", "hello")
            mapping = try OpenFile("/a", .read, in: disk).map(size: ByteCount(5))
            try disk.removeFile("/a")
            try disk.flushDirectory("/")
        }
        #expect(text(try #require(mapping), 0..<5) == "hello")
    }

    @Test("past the end of the file a mapping shows nonsense, not zeros")
    func poison() throws {
        try disk.put("/a", "hello")
        let mapping = try OpenFile("/a", .read, in: disk).map(size: ByteCount(8))
        try disk.resizeFile("/a", to: 2)
        let bytes = mapping.bytes(in: 0..<8)
        for place in 2..<8 {
            #expect(bytes.byte(at: place) == 0xDB)
        }
    }

    @Test("mappings of nothing and of more than the disk allows are refused")
    func refused() throws {
        let file = try OpenFile("/a", .createNew, in: disk)
        #expect(throws: FileError(.map, "/a", .invalid)) { try file.map(size: .zero) }
        #expect(throws: FileError(.map, "/a", .noMemory)) { try file.map(size: .gib(5)) }
    }
}

extension RawSpan {
    func byte(at place: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: place, as: UInt8.self)
    }
}
