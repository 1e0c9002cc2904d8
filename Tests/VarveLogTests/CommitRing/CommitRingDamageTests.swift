import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

/// Damage of the ring itself: nothing stale is put back, what the logs' own files have stays, and
/// what is missing is named.
@Suite("CommitRing, damaged")
struct CommitRingDamageTests {
    /// Three logs with two frames in the ring.
    private func home() throws -> SharedLogs {
        let home = try SharedLogs(ringSize: .kib(32))
        try home.append(0, padding: 0)
        try home.append(1, padding: 0)
        return home
    }

    /// Bytes of the ring that say something.
    private func meaningful(_ home: SharedLogs) throws -> [Int] {
        let size = try #require(home.disk.contents(SharedLogs.ring)).count
        let frame = 40 + 3 * (50 + 5) + 4
        let data = 3 * (try #require(home.disk.contents(SharedLogs.file(0))).count / 2)
        #expect(size > SharedLogs.firstFrame + 4096 + frame + data)
        let header = CommitRingHeader.Layout.size
        return Array(0..<header) + Array(4096..<4096 + header)
            + Array(SharedLogs.firstFrame..<SharedLogs.firstFrame + frame + data)
            + Array(SharedLogs.firstFrame + 4096..<SharedLogs.firstFrame + 4096 + frame + data)
    }

    @Test("no flipped bit of the ring costs a record while the logs' own files have it")
    func everyBitAfterDeath() throws {
        let home = try home()
        for position in try meaningful(home) {
            let again = try home.killed { $0.flipBit(SharedLogs.ring, position * 8 + position % 8) }
            for number in 0..<3 {
                #expect(
                    try again.values(number) == LogOnDisk.values(0..<2, padding: 0),
                    "byte \(position)")
                #expect(again.logs[number].recovery.isClean, "byte \(position)")
            }
        }
    }

    @Test("after a power cut a flipped bit of the ring costs one batch at most, which is named")
    func everyBitAfterPowerCut() throws {
        let home = try home()
        let all = LogOnDisk.values(0..<2, padding: 0)
        var lost = 0
        for position in try meaningful(home) {
            let again = try home.powerCut {
                $0.flipBit(SharedLogs.ring, position * 8 + position % 8)
            }
            var missing = 0
            for number in 0..<3 {
                let served = try served(again.logs[number])
                #expect(all.filter { served.contains($0) } == served, "byte \(position)")
                if served == all { continue }
                missing += 1
                #expect(served.count == 2, "byte \(position): \(served)")
                let damaged = again.logs[number].recovery.damaged
                let cut = again.logs[number].recovery.cut
                #expect(!damaged.isEmpty || cut != nil || isLast(position), "byte \(position)")
            }
            lost += missing
            // A byte of a batch costs that batch, one of a table those of its frame.
            #expect(missing <= 1 || isTable(position), "byte \(position)")
        }
        #expect(lost > 0)
    }

    private func isTable(_ position: Int) -> Bool {
        position % 4096 < 40 + 3 * (50 + 5) + 4
    }

    /// Whether the byte is of the last frame, which nobody can tell from one that was torn.
    private func isLast(_ position: Int) -> Bool { position >= SharedLogs.firstFrame + 4096 }

    /// What a log serves, past what it names as damaged.
    private func served(_ log: Log) throws -> [String] {
        var values: [String] = []
        var scanner = RecordScanner()
        var next = log.ends.start
        while next < log.ends.flushed {
            do {
                guard case .batches(let batches) = try log.reader.read(from: next) else { break }
                next = batches.nextOffset
                try batches.forEachBatch { (_, bytes) throws(BatchDefect) in
                    try scanner.forEachRecord(in: bytes) { record in
                        values.append(
                            String(decoding: record.value?.array() ?? [], as: UTF8.self))
                    }
                }
            } catch LogError.corrupt(let range) {
                next = range.offsets.upperBound
            }
        }
        return values
    }

    @Test("frames behind one that is damaged are put back, and the gap is damage, not a cut")
    func hole() throws {
        let home = try SharedLogs()
        for batch in 0..<3 { try home.append(batch) }
        let again = try home.powerCut {
            $0.flipBit(SharedLogs.ring, (SharedLogs.firstFrame + 4096 + 9) * 8)
        }
        let replayed = try #require(again.directory.replayed)
        #expect(replayed.frameCount == 2)
        let start = FilePosition(SharedLogs.firstFrame + 4096)
        #expect(replayed.damage == [start..<start.advanced(by: 4096)])
        let recovery = again.logs[1].recovery
        #expect(recovery.cut == nil)
        #expect(recovery.damaged.map(\.offsets) == [Offset(2)..<Offset(4)])
        #expect(try served(again.logs[1]) == LogOnDisk.values(0..<1) + LogOnDisk.values(2..<3))
    }

    @Test("frames of an earlier life, or that are void, are not put back")
    func stale() throws {
        let home = try SharedLogs(ringSize: .kib(32))
        for batch in 0..<3 { try home.append(batch) }
        let stale = try #require(home.disk.contents(SharedLogs.ring))
        // The log is cut: the frames are void, and their bytes would be wrong.
        try home.logs[1].truncate(to: Offset(0))
        let new = try LogFixture.batch("new", count: 2)
        try home.logs[1].append(new.rawSpan)
        let isVoid = try home.powerCut()
        #expect(try isVoid.values(1) == ["new-0", "new-1"])
        // Another ring has the frames of this one behind its own first.
        try home.append(9)
        let frames = Array(stale[(SharedLogs.firstFrame + 4096)...])
        let again = try home.powerCut {
            $0.overwrite(
                SharedLogs.ring, frames, at: FilePosition(SharedLogs.firstFrame + 4096))
        }
        #expect(try again.values(1) == ["new-0", "new-1"] + LogOnDisk.values(9..<10))
        #expect(again.directory.replayed?.damage == [])
    }

    @Test("both headers gone is damage, and what was in the ring is named as missing")
    func noHeader() throws {
        let home = try home()
        let again = try home.powerCut {
            $0.overwrite(SharedLogs.ring, [UInt8](repeating: 0, count: 8192), at: .zero)
        }
        #expect(again.directory.replayed?.damage == [.zero..<FilePosition(8192)])
        #expect(again.logs[0].ends.written == .zero || !again.logs[0].recovery.damaged.isEmpty)
    }

    @Test("a ring cut anywhere gives what is whole, and never a trap")
    func everyLength() throws {
        let home = try home()
        let all = LogOnDisk.values(0..<2, padding: 0)
        for size in stride(from: 0, to: 20_000, by: 37) {
            let again = try home.powerCut {
                $0.truncateFile(SharedLogs.ring, to: ByteCount(size))
            }
            for number in 0..<3 {
                let served = try served(again.logs[number])
                #expect(all.starts(with: served), "\(size) bytes")
            }
        }
    }
}
