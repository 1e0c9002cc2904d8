import Testing
import VarveTerms

@testable import VarveLog

@Suite("LogLines")
struct LogLinesTests {
    private typealias Line = IntegrityRoot.LogLine

    private func line(_ end: Int64) -> Line {
        var line = Line(start: .zero, end: Offset(end))
        line.files["partition.metadata"] = FileSeal(size: 43, crc: UInt32(end))
        line.segments[.zero] = IntegrityRoot.SegmentLine(size: end, sealCRC: UInt32(end))
        line.segments[Offset(end)] = IntegrityRoot.SegmentLine(size: 0, sealCRC: nil)
        return line
    }

    private func printed(_ lines: LogLines) -> [UInt8] {
        var bytes: [UInt8] = []
        lines.write(into: &bytes)
        return bytes
    }

    @Test("lines that nothing can be made of say nothing, and never trap")
    func malformed() {
        for text in [
            "", "log", "log \n", "log a 1\n", "log a 2 1\n", "log a 1 2 3\n", "log a b c\n",
        ] {
            #expect(LogLines(Array(text.utf8))?["a"] == nil, "\(text)")
        }
        for text in ["x\n", "file a/b 1 0\n", "\n", "log a 1 1\nend\n"] {
            #expect(LogLines(Array(text.utf8)) == nil, "\(text)")
        }
        for text in [
            "segment b 0 1 -\n", "segment a 0 1\n", "segment a -1 1 -\n", "segment a 0 -1 -\n",
            "segment a 0 1 xyz\n", "file b/c 1 0\n", "file a/c 1\n", "file a/c -1 0\n", "f\n",
            "s\n",
        ] {
            #expect(LogLines(Array(("log a 1 2\n" + text).utf8))?["a"] == nil, "\(text)")
        }
    }

    @Test("what was set is found, among lines that were read and after they were read again")
    func changes() throws {
        let names = (0..<40).map { "t-\($0)" } + ["t", "s-1", "ü-0", "u-0"]
        var lines = LogLines()
        for (number, name) in names.enumerated() { lines[name] = line(Int64(number)) }
        for round in 0..<3 {
            lines = try #require(LogLines(printed(lines)))
            #expect(Set(lines.folders) == Set(names))
            for (number, name) in names.enumerated() {
                #expect(lines[name] == line(Int64(number)), "\(name), round \(round)")
            }
            #expect(lines["t-40"] == nil && lines[""] == nil)
        }
        lines["t-3"] = nil
        lines["t-4"] = line(400)
        lines["new"] = line(401)
        lines["gone"] = line(1)
        lines["gone"] = nil
        #expect(lines["t-3"] == nil && lines["t-4"] == line(400) && lines["new"] == line(401))
        let again = try #require(LogLines(printed(lines)))
        #expect(again == lines)
        #expect(Set(again.folders) == Set(names).subtracting(["t-3"]).union(["new"]))
        #expect(again["t-3"] == nil && again["t-4"] == line(400) && again["gone"] == nil)
        #expect(again["u-0"] == lines["u-0"] && again["ü-0"] == lines["ü-0"])
    }

    @Test("lines in another order are read all the same")
    func unsorted() throws {
        let text = "log b 1 2\nsegment b 1 0 -\nlog a 3 4\nlog c 5 6\nsegment c 5 0 -\n"
        let lines = try #require(LogLines(Array(text.utf8)))
        #expect(lines["a"]?.end == Offset(4) && lines["b"]?.segments.count == 1)
        #expect(lines["c"]?.segments[Offset(5)]?.size == 0 && lines["c"]?.start == Offset(5))
        #expect(lines.folders == ["a", "b", "c"])
    }
}
