import Testing
import VarveSim
import VarveTerms

@testable import VarveLog

@Suite("LogRecovery of a seal that was interrupted")
struct SealedTimeIndexTests {
    @Test("a time index that was not closed is made anew", arguments: [false, true])
    func unclosed(isEmpty: Bool) throws {
        let first = try LogOnDisk()
        try first.append(0..<60, padding: 500)
        let base = first.bases[first.bases.count - 2]
        let path = LogOnDisk.file(base, "timeindex")
        let whole = try #require(first.disk.contents(path))
        // Whoever dies after the next segment has its name has not written the last entry yet.
        let next = first.disk.processDeath()
        next.setContents(path, isEmpty ? [] : Array(whole.dropLast(TimeIndexLayout.entrySize)))
        let again = try LogOnDisk(next)
        #expect(again.log.recovery.rebuiltIndexes.map(\.segment) == [Offset(base)])
        #expect(next.contents(path) == whole)
    }
}
