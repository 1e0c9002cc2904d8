import Testing
import VarveLog
import VarveSim
import VarveTerms

@Suite("Log, its start")
struct LogStartTests {
    @Test("a start past the flushed end is refused, and stands nowhere")
    func pastFlushedEnd() throws {
        let settings = LogFixture.smallSegments(.pageCache)
        let on = try LogOnDisk(settings: settings)
        try on.append(0..<2)
        try on.log.flush()
        try on.append(2..<4)
        let ends = on.log.ends
        #expect(ends.flushed < ends.written)
        #expect(try on.log.deleteRecords(before: ends.written) == false)
        #expect(on.log.ends == ends)
        // A power cut takes the records that were not flushed; those below them are still there.
        let next = try on.powerCut(settings: settings)
        #expect(next.log.ends.start == .zero)
        #expect(try next.values() == LogOnDisk.values(0..<2))
    }
}
