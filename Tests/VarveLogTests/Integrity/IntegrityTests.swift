import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

/// What a log does about files that are not what they were.
@Suite("integrity of a log")
struct IntegrityTests {
    private static let root = "/d/varve.integrity"
    private static let marker = "/d/.kafka_cleanshutdown"

    private func closed(_ batches: Int = 6) throws -> SimulatedDisk {
        let home = try LogOnDisk()
        try home.append(0..<batches)
        try home.directory.close()
        return home.disk.processDeath()
    }

    /// Where the batches of a file start.
    private func starts(_ disk: SimulatedDisk, _ path: String = LogOnDisk.file(0)) -> [Int] {
        let bytes = disk.contents(path) ?? []
        var starts: [Int] = []
        var position = 0
        while let header = BatchHeader(bytes.rawSpan, at: position) {
            starts.append(position)
            position += header.sizeInBytes
        }
        return starts
    }

    @Test("a flipped base offset or epoch is named with its batch, and reading goes on behind it")
    func openFields() throws {
        for bit in [7 * 8, 7 * 8 + 7, 6 * 8 + 1, 12 * 8, 15 * 8 + 7] {
            let disk = try closed()
            let start = starts(disk)[2]
            disk.flipBit(LogOnDisk.file(0), start * 8 + bit)
            let home = try LogOnDisk(disk)
            let error = logError { try home.log.reader.read(from: Offset(4)) }
            guard case .corrupt(let range)? = error else {
                Issue.record("bit \(bit): \(String(describing: error))")
                return
            }
            #expect(range.offsets == Offset(4)..<Offset(6))
            #expect(range.positions.lowerBound.bytes == start)
            guard case .integrity(.otherBatch) = range.defect else {
                Issue.record("\(range.defect)")
                return
            }
            #expect(try home.values(from: 6) == LogOnDisk.values(3..<6))
        }
    }

    @Test("two batches of one size that changed places are named")
    func swappedBatches() throws {
        let disk = try closed()
        let starts = starts(disk)
        var bytes = try #require(disk.contents(LogOnDisk.file(0)))
        let (first, second) = (bytes[starts[1]..<starts[2]], bytes[starts[2]..<starts[3]])
        try #require(first.count == second.count)
        bytes.replaceSubrange(starts[1]..<starts[3], with: Array(second) + Array(first))
        disk.setContents(LogOnDisk.file(0), bytes)
        let home = try LogOnDisk(disk)
        #expect(logError { try home.log.reader.read(from: Offset(2)) } != nil)
        #expect(logError { try home.log.reader.read(from: Offset(4)) } != nil)
    }

    @Test("a sidecar of another segment fences the segment; without it Kafka's checks decide")
    func foreign() throws {
        let other = try LogOnDisk()
        try other.append(0..<3)
        try other.log.roll()
        try other.append(3..<6)
        try other.directory.close()
        let disk = other.disk.processDeath()
        disk.setContents(
            LogOnDisk.file(0, "varve"), disk.contents(LogOnDisk.file(6, "varve")) ?? [])
        let home = try LogOnDisk(disk)
        guard case .corrupt(let range)? = logError({ try home.log.reader.read(from: .zero) })
        else {
            Issue.record("served")
            return
        }
        #expect(range.defect == .integrity(.otherSegment))
        #expect(try home.values(from: 6) == LogOnDisk.values(3..<6))
        try disk.removeFile(LogOnDisk.file(0, "varve"))
        #expect(try home.killed().values() == LogOnDisk.values(0..<6))
    }

    @Test("identity files that are not what was closed refuse; the error says what to do")
    func identityFiles() throws {
        for path in ["/d/meta.properties", LogOnDisk.folder + "/partition.metadata"] {
            let disk = try closed()
            disk.flipBit(path, 8 * 3)
            let error = logError { try LogOnDisk(disk) }
            #expect(error == .notAsClosed(path: path))
            #expect("\(error.map { "\($0)" } ?? "")".contains("varve.integrity"))
        }
    }

    @Test("a checkpoint that is not what was closed is named, and the root's rows stand for it")
    func checkpoints() throws {
        let disk = try closed()
        let path = "/d/recovery-point-offset-checkpoint"
        let text = try #require(disk.contents(path))
        disk.setContents(path, text.map { $0 == UInt8(ascii: "2") ? UInt8(ascii: "0") : $0 })
        try #require(disk.contents(path) != text)
        let home = try LogOnDisk(disk)
        #expect(home.directory.findings.map(\.path) == [path])
        #expect(home.log.recovery.knownFlushed == Offset(12))
        #expect(home.log.recovery.isClean)
    }

    @Test("one root of the two is enough, whatever became of the other")
    func oneRoot() throws {
        for damaged in [Self.root, Self.root + ".copy"] {
            for change in 0..<3 {
                let disk = try closed()
                switch change {
                case 0: try disk.removeFile(damaged)
                case 1: disk.flipBit(damaged, 100)
                default:
                    let older = try IntegrityRoot(parsing: try #require(disk.contents(damaged)))
                    var stale = older
                    stale.sequence -= 1
                    stale.logs = LogLines()
                    disk.setContents(damaged, stale.printed())
                }
                disk.flipBit(LogOnDisk.folder + "/leader-epoch-checkpoint", 8 * 4)
                let home = try LogOnDisk(disk)
                #expect(home.directory.findings.map(\.path) == [damaged])
                #expect(home.log.recovery.rebuiltEpochs)
                #expect(try home.values() == LogOnDisk.values(0..<6))
            }
        }
    }

    // MARK: Other programs

    @Test("what Kafka wrote since is no damage: sidecars go, and that is said")
    func takeover() throws {
        let kafkas: [[UInt8]?] = [nil, [], Array(#"{"version":0,"brokerEpoch":9}"#.utf8)]
        for marker in kafkas {
            let disk = try closed()
            if let marker {
                disk.setContents(Self.marker, marker)
            } else {
                try disk.removeFile(Self.marker)
            }
            // Kafka patches an epoch, as compaction or a new leader may.
            let last = starts(disk)[5]
            disk.overwrite(LogOnDisk.file(0), [0, 0, 0, 1], at: FilePosition(last + 12))
            let home = try LogOnDisk(disk)
            #expect(try home.values() == LogOnDisk.values(0..<6))
            #expect(home.directory.findings.allSatisfy { $0.severity == .note })
            #expect(home.directory.findings.count == 1)
            try home.append(6..<8)
            #expect(try home.closed().values() == LogOnDisk.values(0..<8))
        }
    }

    @Test("after a crash a sidecar that another program made stale is found out and goes")
    func takeoverAfterCrash() throws {
        let home = try LogOnDisk()
        try home.append(0..<6)
        try home.directory.checkpoint()
        let disk = home.disk.processDeath()
        // The last batch is another one, and whole.
        let start = starts(disk)[5]
        var bytes = try #require(disk.contents(LogOnDisk.file(0)))
        var batch = try LogFixture.batch("x5", count: 2, padding: 40)
        batch.replaceSubrange(0..<12, with: bytes[start..<start + 12])
        try #require(batch.count == bytes.count - start)
        bytes.replaceSubrange(start..., with: batch)
        disk.setContents(LogOnDisk.file(0), bytes)
        let next = try LogOnDisk(disk)
        #expect(next.log.recovery.damaged.isEmpty)
        #expect(next.log.recovery.integrity.map(\.path) == [LogOnDisk.file(0, "varve")])
        #expect(try next.values().count == 12)
    }

    @Test("a checkpoint makes batches of a crashed log covered")
    func coveredAfterCrash() throws {
        let home = try LogOnDisk()
        try home.append(0..<6)
        try home.directory.checkpoint()
        let next = try home.powerCut { disk in
            disk.flipBit(LogOnDisk.file(0), (self.starts(disk)[5] + 15) * 8)
        }
        #expect(next.log.recovery.damaged.map(\.offsets) == [Offset(10)..<Offset(12)])
        #expect(logError { try next.log.reader.read(from: Offset(10)) } != nil)
    }

    @Test("a sidecar whose writer died while sealing it is made whole by the next opening")
    func unsealed() throws {
        for size in [0, 100, 4096, 4096 + 1, 4096 + 4000] {
            let home = try LogOnDisk()
            try home.append(0..<6)
            try home.log.roll()
            let path = LogOnDisk.file(0, "varve")
            let next = try home.killed { disk in
                disk.truncateFile(path, to: ByteCount(size))
                if size == 100 { disk.flipBit(path, 80) }
            }
            #expect(next.log.recovery.damaged.isEmpty)
            #expect(try next.values() == LogOnDisk.values(0..<6))
            try next.append(6..<8)
            try next.directory.close()
            var findings: [Finding] = []
            _ = try Verification.directory("/d", in: next.disk) { findings.append($0) }
            #expect(findings.filter { $0.severity != .note } == [], "\(size) bytes")
            #expect(try LogOnDisk(next.disk).log.recovery.isClean)
            next.disk.flipBit(LogOnDisk.file(0), 15 * 8)
            let flipped = try LogOnDisk(next.disk.processDeath())
            #expect(logError { try flipped.log.reader.read(from: .zero) } != nil, "\(size) bytes")
        }
    }

    @Test("an index that is not what was sealed is not used, and made anew by the next opening")
    func sealedIndex() throws {
        let disk = try closed(20)
        disk.flipBit(LogOnDisk.file(0, "index"), 3 * 8)
        let home = try LogOnDisk(disk)
        #expect(home.log.recovery.rebuiltIndexes.count == 1)
        #expect(try home.values() == LogOnDisk.values(0..<20))
        #expect(try home.closed().log.recovery.isClean)
    }
}

/// Sidecars for segments from before there were any.
@Suite("covering of segments")
struct CoveringTests {
    private func uncovered() throws -> LogOnDisk {
        let home = try LogOnDisk()
        try home.append(0..<4)
        try home.log.roll()
        try home.append(4..<8)
        try home.directory.close()
        let disk = home.disk.processDeath()
        for path in disk.paths where path.contains("varve") { try disk.removeFile(path) }
        return try LogOnDisk(disk)
    }

    @Test("sealed segments are covered on demand, durably, and flips are found from then on")
    func covers() throws {
        let home = try uncovered()
        #expect(try home.log.coverSegments() == [.zero])
        #expect(try home.log.coverSegments().isEmpty)
        let next = try home.powerCut { $0.flipBit(LogOnDisk.file(0), 15 * 8) }
        #expect(logError { try next.log.reader.read(from: .zero) } != nil)
    }

    @Test("a damaged segment is not covered: what is wrong with it is not sealed as right")
    func leavesDamaged() throws {
        let home = try uncovered()
        home.disk.flipBit(LogOnDisk.file(0), 70 * 8)
        #expect(try home.log.coverSegments().isEmpty)
        #expect(!home.disk.paths.contains { $0.hasSuffix(".tmp") })
    }
}
