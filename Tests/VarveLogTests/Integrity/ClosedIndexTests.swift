import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveTerms

@testable import VarveLog

/// Transaction indexes that are not what they were when the directory was closed: a segment without
/// aborted transactions has none, so only the root tells that one is missing.
@Suite("a transaction index that was closed")
struct ClosedIndexTests {
    /// Three segments, each with an aborted transaction, a committed one, and one that goes on in
    /// the next; closed.
    private static func closed() throws -> (disk: SimulatedDisk, bases: [Int64]) {
        let home = try LogOnDisk()
        var sequence: Int32 = 0
        for segment in 0..<3 {
            for outcome in [TransactionOutcome.abort, .commit, .abort] {
                try home.append(
                    bytes: try LogFixture.produced(
                        7, sequence: sequence, isTransactional: true))
                sequence += 1
                try home.append(bytes: try LogFixture.marker(outcome, of: 7), checking: .frame)
            }
            try home.append(
                bytes: try LogFixture.produced(
                    8, sequence: Int32(segment), isTransactional: true))
            if segment < 2 { try home.log.roll() }
            try home.append(bytes: try LogFixture.marker(.abort, of: 8), checking: .frame)
        }
        let bases = home.bases
        try home.directory.close()
        return (home.disk.processDeath(), bases)
    }

    private static func entries(_ home: LogOnDisk) throws -> [[AbortedTransaction]] {
        try home.log.segments.map { try $0.transactionIndex.entries() }
    }

    /// What a reader of committed records gets, without the lock.
    private static func committed(_ disk: SimulatedDisk) throws -> [Int64] {
        let log = try ReadOnlyLog(
            LogFixture.name, in: LogOnDisk.path, isolation: .committed, fileSystem: disk)
        var found: [Int64] = []
        var next = log.ends.start
        while case .batches(let batches) = try log.read(from: next, isolation: .committed) {
            var filter = AbortedFilter(batches.abortedTransactions)
            batches.forEachBatch { header, bytes in
                let isHidden = filter.hides(header, bytes)
                if !isHidden, !header.attributes.isControl { found.append(header.baseOffset) }
            }
            next = batches.nextOffset
        }
        return found
    }

    private enum Change: CaseIterable { case gone, empty, shorter, swapped }

    @Test("one that is gone, cut or another one is made anew at the opening, and reported")
    func madeAnew() throws {
        let sound = try Self.closed()
        let expected = try Self.entries(LogOnDisk(sound.disk.crash(keeping: .all)))
        #expect(expected.map(\.count) == [2, 3, 4])
        for (slot, base) in sound.bases.enumerated() {
            for change in Change.allCases {
                let disk = sound.disk.crash(keeping: .all)
                let path = LogOnDisk.file(base, "txnindex")
                let bytes = try #require(disk.contents(path))
                switch change {
                case .gone: try disk.removeFile(path)
                case .empty: disk.setContents(path, [])
                case .shorter: disk.setContents(path, Array(bytes.dropLast(34)))
                case .swapped:
                    // A transaction that was not: lawful, and known by its checksum alone.
                    var other = bytes
                    other[9] ^= 1
                    disk.setContents(path, other)
                }
                let home = try LogOnDisk(disk)
                #expect(try Self.entries(home) == expected, "\(base), \(change)")
                #expect(
                    home.log.recovery.rebuiltIndexes == [
                        RecoveryReport.RebuiltIndex(
                            segment: Offset(base),
                            reason: "the transaction index is not what was closed")
                    ], "\(base), \(change)")
                #expect(home.log.recovery.integrity.contains { $0.path == path })
                #expect(disk.contents(path) == bytes, "\(slot), \(change)")
                let again = try home.closed()
                #expect(again.log.recovery.isClean)
                #expect(try Self.entries(again) == expected)
            }
        }
    }

    @Test("all of them gone, and all snapshots: everything is made anew from the batches")
    func allGone() throws {
        let sound = try Self.closed()
        let expected = try Self.entries(LogOnDisk(sound.disk.crash(keeping: .all)))
        let disk = sound.disk.crash(keeping: .all)
        for path in disk.paths where path.hasSuffix(".txnindex") || path.hasSuffix(".snapshot") {
            try disk.removeFile(path)
        }
        let home = try LogOnDisk(disk)
        #expect(try Self.entries(home) == expected)
        #expect(home.log.recovery.rebuiltIndexes.map(\.segment.rawValue) == sound.bases)
    }

    @Test("a reader without the lock serves no aborted record when an index is gone")
    func withoutLock() throws {
        let sound = try Self.closed()
        let expected = try Self.committed(sound.disk)
        #expect(expected.count == 3)
        for base in sound.bases {
            let disk = sound.disk.crash(keeping: .all)
            try disk.removeFile(LogOnDisk.file(base, "txnindex"))
            #expect(try Self.committed(disk) == expected)
            #expect(disk.contents(LogOnDisk.file(base, "txnindex")) == nil)
        }
    }
}
