import Testing

@testable import VarveRecords

@Suite struct CompressionTests {
    @Test("a text that names no compression is refused with what to write instead")
    func unknownCodec() {
        for text in ["", "zip", "ZSTD", " zstd", ":3", "lz4 :3"] {
            #expect(throws: CompressionSettingError.unknownCodec(text)) {
                try Compression(parsing: text)
            }
        }
        #expect(
            CompressionSettingError.unknownCodec("zip").description
                == "'zip' names no compression; it is one of none, gzip, snappy, lz4, zstd, "
                + "with a level where the codec has levels, as in zstd:3")
    }

    @Test("a level that is no whole number is refused")
    func levelNotANumber() {
        for text in ["", "three", "3.5", "3:4", " 3", "99999999999999999999"] {
            #expect(throws: CompressionSettingError.levelNotANumber(text)) {
                try Compression(parsing: "zstd:\(text)")
            }
        }
    }

    @Test(
        "a level outside the codec's range is refused",
        arguments: [
            (Codec.gzip, 0, 10, 1...9), (.lz4, 0, 18, 1...17), (.zstd, -131_073, 23, -131_072...22),
        ])
    func levelOutOfRange(codec: Codec, below: Int, above: Int, allowed: ClosedRange<Int>) throws {
        for level in [below, above, Int.min, Int.max] {
            let error = CompressionSettingError.levelOutOfRange(
                codec, level: level, allowed: allowed)
            #expect(throws: error) { try Compression(codec, level: level) }
            #expect(throws: error) { try Compression(parsing: "\(codec):\(level)") }
        }
        #expect(try Compression(codec, level: allowed.lowerBound).level == allowed.lowerBound)
        #expect(try Compression(codec, level: allowed.upperBound).level == allowed.upperBound)
    }

    @Test("a codec without levels takes none", arguments: [Codec.none, .snappy])
    func withoutLevels(codec: Codec) {
        #expect(throws: CompressionSettingError.codecWithoutLevels(codec)) {
            try Compression(codec, level: 1)
        }
        #expect(throws: CompressionSettingError.codecWithoutLevels(codec)) {
            try Compression(parsing: "\(codec):1")
        }
    }

    @Test("a lawful text names the codec and its level, and is its description")
    func parsing() throws {
        #expect(try Compression(parsing: "zstd") == .zstd)
        #expect(try Compression(parsing: "none") == .none)
        let fast = try Compression(parsing: "zstd:-5")
        #expect(fast.codec == .zstd && fast.level == -5)
        #expect(fast.description == "zstd:-5")
        for codec in Codec.allCases {
            let standard = Compression(codec)
            #expect(standard.codec == codec)
            #expect(try Compression(parsing: standard.description) == standard)
            #expect(try Compression(parsing: codec.name) == standard)
        }
    }

    @Test("codec ids are those of Kafka's batch attributes")
    func codecIDs() {
        #expect(Codec.allCases.map(\.rawValue) == [0, 1, 2, 3, 4])
        #expect(Codec.allCases.map(\.name) == ["none", "gzip", "snappy", "lz4", "zstd"])
        #expect((5...7).allSatisfy { Codec(rawValue: $0) == nil })
    }
}
