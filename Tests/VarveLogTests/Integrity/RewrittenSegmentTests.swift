import Testing
import VarveBytes
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

/// Sidecars of segments that were not written by appends alone.
@Suite("sidecars of rewritten segments")
struct RewrittenSegmentTests {
    /// Nothing is amiss, and every batch of every segment has an entry under a seal.
    private func expectCovered(
        _ disk: SimulatedDisk, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var findings: [Finding] = []
        _ = try Verification.directory(LogOnDisk.path, in: disk) {
            // Notes tell since when a segment is covered.
            if $0.severity != .note { findings.append($0) }
        }
        #expect(findings.isEmpty, "\(findings)", sourceLocation: sourceLocation)
        let bases = disk.paths.filter { $0.hasPrefix(LogOnDisk.folder) && $0.hasSuffix(".log") }
        for path in bases where disk.contents(path)?.isEmpty == false {
            let sidecar = path.dropLast(4) + ".varve"
            let bytes = try #require(disk.contents(String(sidecar)), sourceLocation: sourceLocation)
            let last = bytes.count / SidecarLayout.blockSize - 1
            let block = bytes.rawSpan.extracting(last * SidecarLayout.blockSize..<bytes.count)
            let seal = SidecarSeal(block, number: last)
            #expect(
                seal?.logSize == Int64(disk.contents(path)?.count ?? 0), "\(path)",
                sourceLocation: sourceLocation)
        }
    }

    @Test("compaction leaves sealed sidecars that cover what it wrote")
    func compacted() throws {
        let scene = try CompactionScene()
        let report = try scene.clean()
        #expect(report.tally.recordsDropped > 0)
        try scene.home.directory.close()
        try expectCovered(scene.disk.processDeath())
    }

    @Test("a truncation cuts the sidecar, and what is appended then is covered")
    func truncated() throws {
        let home = try LogOnDisk()
        try home.append(0..<40)
        try home.log.truncate(to: Offset(21))
        try home.append(40..<60)
        try home.directory.close()
        try expectCovered(home.disk.processDeath())
    }

    @Test("what repair put back is covered by a seal of the files as they are")
    func repaired() throws {
        let copies = try CopiesOnDisk()
        let first = CopiesOnDisk.file(0)
        let batch = copies.batches(of: first)[5]
        copies.disk.flipBit("/d/" + first, (batch.lowerBound + 70) * 8)
        #expect(try copies.repair().isWhole)
        #expect(copies.changed().isEmpty)
        try expectCovered(copies.disk)
    }
}
