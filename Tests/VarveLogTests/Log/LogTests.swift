import Testing
import VarveBytes
import VarveLog
import VarveTerms

@Suite("Log")
struct LogTests {
    @Test("a log that is read by copying answers the same, and is cut while its bytes are held")
    func copies() throws {
        try withTemporaryDirectory { path in
            var settings = LogFixture.smallSegments()
            settings.readAccess = .copied
            let directory = try DataDirectory(path, in: LogFixture.linux())
            let log = try directory.openLog(LogFixture.name, settings: settings)
            for number in 0..<60 {
                let batch = try LogFixture.batch("a\(number)", count: 2, padding: 50)
                try log.append(batch.rawSpan)
            }
            let values = try LogFixture.values(of: log.reader)
            #expect(values.count == 120 && values[7] == "a3-1" + String(repeating: ".", count: 50))
            guard case .batches(let held) = try log.reader.read(from: Offset(100)) else {
                Issue.record("records at offset 100")
                return
            }
            let before = held.bytes.array()
            #expect(try log.truncate(to: Offset(10)) == Offset(10))
            #expect(held.bytes.array() == before)
            #expect(try LogFixture.values(of: log.reader) == Array(values[..<10]))
            try directory.close()
        }
    }

    @Test("what was appended is read back after a clean close and a new opening")
    func reopens() throws {
        try withTemporaryDirectory { path in
            let first = try DataDirectory(path, in: LogFixture.linux())
            let log = try first.openLog(LogFixture.name, settings: LogFixture.smallSegments())
            for number in 0..<100 {
                let batch = try LogFixture.batch("a\(number)", count: 3, padding: 50)
                let receipt = try log.append(batch.rawSpan)
                #expect(receipt.offsets.lowerBound == Offset(Int64(number * 3)))
            }
            #expect(log.segmentCount > 3)
            let before = try LogFixture.values(of: log.reader)
            #expect(before.count == 300)
            try first.close()

            let second = try DataDirectory(path, in: LogFixture.linux())
            #expect(second.wasClosedCleanly)
            let again = try second.openLog(LogFixture.name, settings: LogFixture.smallSegments())
            #expect(again.recovery.isClean, "\(again.recovery)")
            #expect(try LogFixture.values(of: again.reader) == before)
            #expect(again.ends.written == Offset(300))
            for offset in stride(from: 0, to: 300, by: 7) {
                let rest = try LogFixture.values(of: again.reader, from: Offset(Int64(offset)))
                #expect(rest == Array(before[offset...]))
            }
            try second.close()
        }
    }
}
