import Testing
import VarveBytes
import VarveTerms

@testable import VarveCommand

@Suite("values on the command line")
struct ValueTextTests {
    @Test(
        "text that is no time is refused",
        arguments: [
            "", "2026", "2026-13-01", "2026-02-29", "2026-01-00", "2026-1-1", "2026-01-01T",
            "2026-01-01T24:00Z", "2026-01-01T10:60Z", "2026-01-01T10:00:61Z",
            "2026-01-01T10:00:00.Z", "2026-01-01T10:00:00+2:00", "2026-01-01T10:00:00Z ",
            "+026-01-01", "2026-01-01T10:00:00+24:00",
        ])
    func noTime(text: String) { #expect(TimeText.parse(text) == nil) }

    @Test(
        "times are read as milliseconds since 1970",
        arguments: [
            ("1970-01-01", 0), ("1970-01-01T00:00:00.001Z", 1), ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29T12:00Z", 951_825_600_000), ("2026-01-31T18:30:00Z", 1_769_884_200_000),
            ("2026-01-31T20:30:00+02:00", 1_769_884_200_000),
            ("2026-01-31T13:00:00.25-05:30", 1_769_884_200_250),
            ("0000-01-01", -62_167_219_200_000), ("9999-12-31T23:59:59Z", 253_402_300_799_000),
        ] as [(String, Int64)])
    func times(text: String, timeMs: Int64) {
        #expect(TimeText.parse(text) == Timestamp(milliseconds: timeMs))
    }

    @Test("every time that is shown reads back")
    func timesReadBack() {
        var generator = SystemRandomNumberGenerator()
        let edges: [Int64] = [-62_167_219_200_000, -1, 0, 253_402_300_799_999]
        let random = (0..<2000).map { _ in
            Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator)
        }
        for timeMs in edges + random {
            let text = TimeText.show(Timestamp(milliseconds: timeMs))
            #expect(TimeText.parse(text) == Timestamp(milliseconds: timeMs), "\(timeMs) as \(text)")
        }
        #expect(TimeText.show(Timestamp(milliseconds: 253_402_300_800_000)) == "253402300800000")
    }

    @Test(
        "text that is no size is refused",
        arguments: [
            "", "x", "-1", "+1", "1.5KiB", "1 KiB", "1kib", "KiB", "9223372036854775807KiB",
        ])
    func noSize(text: String) { #expect(SizeText.parse(text) == nil) }

    @Test("sizes are read and shown")
    func sizes() {
        #expect(SizeText.parse("0") == .zero)
        #expect(SizeText.parse("64KiB") == .kib(64))
        #expect(SizeText.parse("1MB") == ByteCount(1_000_000))
        #expect(SizeText.show(.gib(3)) == "3GiB")
        #expect(SizeText.show(ByteCount(1025)) == "1025")
        #expect(SizeText.rounded(999) == "999 B")
        #expect(SizeText.rounded(1_205_000) == "1.21 MB")
        #expect(SizeText.rounded(50_040_000_000) == "50.0 GB")
    }

    @Test("durations are read and shown")
    func durations() {
        for text in ["", "0s", "5", "5 s", "-1s", "9223372036854775807d"] {
            #expect(DurationText.parse(text) == nil)
        }
        for text in ["500us", "10ms", "5s", "2h", "7d", "3ns", "90m"] {
            #expect(DurationText.parse(text).map(DurationText.show) == text)
        }
    }

    @Test("a progress line tells amount, rate and what is left, in the columns there are")
    func progress() {
        var line = ProgressLine(
            label: "append", done: 500_000_000, total: 1_000_000_000, unit: .bytes,
            elapsed: .seconds(5))
        #expect(
            line.text(columns: 80)
                == "append [############............] 500 MB of 1.00 GB, 100 MB/s, 5 s left")
        #expect(line.text(columns: 45) == "500 MB of 1.00 GB, 100 MB/s, 5 s left")
        #expect(line.text(columns: 10) == "500 MB of")
        line.total = nil
        #expect(line.text(columns: 80) == "append 500 MB, 100 MB/s")
        line = ProgressLine(
            label: "read", done: 0, total: 0, unit: .records, elapsed: .zero)
        #expect(
            line.text(columns: 80)
                == "read [########################] 0 records of 0 records, 0 records/s")
    }
}

@Suite("JSON")
struct JSONTests {
    private func text(_ value: JSON) -> String {
        var buffer = ByteBuffer()
        value.write(to: &buffer)
        return String(decoding: buffer.bytes.array(), as: UTF8.self)
    }

    private func member(_ bytes: [UInt8]?) -> String {
        var buffer = ByteBuffer()
        if let bytes {
            buffer.appendJSON("v", bytes: bytes.rawSpan)
        } else {
            buffer.appendJSON("v", bytes: nil)
        }
        return String(decoding: buffer.bytes.array(), as: UTF8.self)
    }

    @Test(
        "bytes that are not UTF-8 are written in base64",
        arguments: [
            ([0xFF], "/w=="), ([0xC0, 0x80], "wIA="), ([0xED, 0xA0, 0x80], "7aCA"),
            ([0xF4, 0x90, 0x80, 0x80], "9JCAgA=="), ([0xE2, 0x82], "4oI="),
            ([0x61, 0xC3], "YcM="), ([0xF0, 0x9F, 0x98, 0x41], "8J+YQQ=="),
        ] as [([UInt8], String)])
    func base64(bytes: [UInt8], encoded: String) {
        #expect(member(bytes) == #""vBase64":"\#(encoded)""#)
    }

    @Test("text is escaped where JSON asks for it, and nowhere else")
    func escapes() {
        #expect(member(nil) == #""v":null"#)
        #expect(member([]) == #""v":"""#)
        #expect(
            member(Array("a\"\\\n\r\t\u{1}\u{1F}\u{7F}ö€😀".utf8))
                == #""v":"a\"\\\n\r\t\u0001\u001f"# + "\u{7F}ö€😀\"")
    }

    @Test("every sequence that Swift takes for UTF-8 is text, and no other")
    func validity() {
        var generator = SystemRandomNumberGenerator()
        let starts: [UInt8] = [
            0x41, 0x80, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF4, 0xF5,
        ]
        for first in starts {
            for _ in 0..<500 {
                let bytes =
                    [first]
                    + (0..<3).map { _ in
                        UInt8.random(in: Bool.random(using: &generator) ? 0x70...0xFF : 0x7E...0xC0)
                    }
                let isText = String(validating: bytes, as: UTF8.self) != nil
                #expect(member(bytes).hasPrefix(#""v":"#) == isText, "\(bytes)")
            }
        }
    }

    @Test("members keep their order and numbers that JSON lacks are null")
    func values() {
        let value: JSON = [
            "b": 1, "a": [true, nil, "x"], "n": .fraction(.infinity), "f": .fraction(0.5),
        ]
        #expect(text(value) == #"{"b":1,"a":[true,null,"x"],"n":null,"f":0.5}"#)
        var buffer = ByteBuffer()
        for number in [0, -1, Int64.max, Int64.min, 10, 99, 100] {
            buffer.append(decimal: number)
            buffer.append(" ")
        }
        #expect(
            String(decoding: buffer.bytes.array(), as: UTF8.self)
                == "0 -1 9223372036854775807 -9223372036854775808 10 99 100 ")
    }
}
