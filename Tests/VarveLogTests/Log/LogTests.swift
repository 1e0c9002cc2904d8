import Testing
import VarveBytes
import VarveLog
import VarveTerms

@Suite("Log")
struct LogTests {
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
