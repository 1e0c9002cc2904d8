import Testing
import VarveSim
import VarveSystem
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

    /// A kill in the middle of a deletion leaves a segment without an index; a second one in the
    /// middle of the opening that makes it anew must leave nothing that passes for an index.
    @Test(
        "an index of a trusted segment is made anew whole, wherever the opening is killed",
        arguments: ["index", "timeindex"])
    func killedWhileMaking(_ suffix: String) throws {
        let first = try LogOnDisk()
        try first.append(0..<60, padding: 500)
        let base = try #require(first.bases.first)
        let path = LogOnDisk.file(base, suffix)
        let whole = try #require(first.disk.contents(path))
        try #require(!whole.isEmpty && first.bases.count > 3)
        let left = first.disk.processDeath()
        try left.removeFile(path)
        let opened = try LogOnDisk(left)
        #expect(left.contents(path) == whole)
        withExtendedLifetime(opened) {}
        let trace = left.trace
        for count in 0...trace.count {
            let again = try LogOnDisk(
                SimulatedDisk(replaying: trace, through: count).processDeath())
            #expect(again.disk.contents(path) == whole, "killed after \(count) calls")
        }
    }
}
