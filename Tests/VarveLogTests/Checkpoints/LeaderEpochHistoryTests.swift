import Testing
import VarveLog
import VarveTerms

@Suite("LeaderEpochHistory")
struct LeaderEpochHistoryTests {
    private static func entry(_ epoch: Int32, _ startOffset: Int64) -> LeaderEpochEntry {
        LeaderEpochEntry(LeaderEpoch(epoch), from: Offset(startOffset))
    }

    private static func history(_ rows: (Int32, Int64)...) -> LeaderEpochHistory {
        LeaderEpochHistory(appending: rows.map { entry($0.0, $0.1) })
    }

    private let three = Self.history((0, 0), (2, 120), (4, 170))

    private func end(
        of epoch: Int32, in history: LeaderEpochHistory, logEnd: Int64 = 200
    ) -> (Int32, Int64)? {
        history.endOffset(of: LeaderEpoch(epoch), logEnd: Offset(logEnd)).map {
            ($0.epoch.rawValue, $0.endOffset.rawValue)
        }
    }

    // Appending.

    @Test("the latest epoch from a later offset changes nothing", arguments: [Int64(170), 500])
    func appendSame(startOffset: Int64) {
        var history = three
        let outcome = history.append(LeaderEpoch(4), from: Offset(startOffset))
        #expect(outcome == .unchanged)
        #expect(history == three)
    }

    @Test("the latest epoch from an earlier offset replaces its entry")
    func appendEarlier() {
        var history = three
        let outcome = history.append(LeaderEpoch(4), from: Offset(150))
        #expect(outcome == .appended(removed: [Self.entry(4, 170)]))
        #expect(history == Self.history((0, 0), (2, 120), (4, 150)))
    }

    @Test("an epoch that begins where the latest does takes its place")
    func appendAtSameStart() {
        var history = three
        let outcome = history.append(LeaderEpoch(5), from: Offset(170))
        #expect(outcome == .appended(removed: [Self.entry(4, 170)]))
        #expect(history.latest == Self.entry(5, 170))
    }

    @Test("an append removes the whole suffix that it contradicts, oldest first")
    func appendConflict() {
        var history = three
        let outcome = history.append(LeaderEpoch(1), from: Offset(300))
        #expect(outcome == .appended(removed: [Self.entry(2, 120), Self.entry(4, 170)]))
        #expect(history == Self.history((0, 0), (1, 300)))
        history.append(LeaderEpoch(9), from: .zero)
        #expect(history.entries == [Self.entry(9, 0)])
    }

    // Truncation.

    @Test(
        "a cut at the end forgets the epochs that begin there or later",
        arguments: [(Int64(500), 3), (171, 3), (170, 2), (121, 2), (120, 1), (1, 1), (0, 0)])
    func truncateEnd(logEnd: Int64, count: Int) {
        var history = three
        let changed = history.truncate(toEnd: Offset(logEnd))
        #expect(changed == (count < 3))
        #expect(history.entries == Array(three.entries[..<count]))
    }

    @Test("a cut at the start keeps the epoch that goes on there, and begins it there")
    func truncateStart() {
        var history = three
        for (logStart, expected): (Int64, LeaderEpochHistory?) in [
            (0, nil), (130, Self.history((2, 130), (4, 170))), (130, nil),
            (170, Self.history((4, 170))), (1000, Self.history((4, 1000))), (5, nil),
        ] {
            let before = history
            let changed = history.truncate(fromStart: Offset(logStart))
            #expect(changed == (expected != nil), "\(logStart)")
            #expect(history == expected ?? before, "\(logStart)")
        }
    }

    @Test("an empty history stays empty under cuts")
    func truncateEmpty() {
        var history = LeaderEpochHistory()
        let changed = [history.truncate(fromStart: Offset(5)), history.truncate(toEnd: .zero)]
        #expect(changed == [false, false])
    }

    // Look-ups.

    @Test("the epoch of an offset is that of the last entry at or below it")
    func epochAtOffset() {
        let history = Self.history((1, 10), (3, 20))
        for (offset, epoch): (Int64, Int32?) in [
            (0, nil), (9, nil), (10, 1), (19, 1), (20, 3), (.max, 3),
        ] {
            #expect(history.epoch(at: Offset(offset))?.rawValue == epoch, "\(offset)")
        }
        #expect(LeaderEpochHistory().epoch(at: .zero) == nil)
    }

    @Test("the table of the documentation is what end offsets are")
    func documentedEnds() throws {
        let rows = Fixture.table(in: "leader-epoch-checkpoint.md", headed: "history")
        try #require(rows.count >= 8)
        for row in rows {
            var history = LeaderEpochHistory()
            for pair in row[0].split(separator: ",") {
                let numbers = try pair.split(separator: " ").map { try #require(Int64($0)) }
                let epoch = try #require(LeaderEpoch(exactly: Int32(numbers[0])))
                history.append(epoch, from: Offset(numbers[1]))
            }
            let logEnd = try #require(Int64(row[1]))
            let asked = try #require(Int32(row[2]))
            let answer = end(of: asked, in: history, logEnd: logEnd).map { "\($0.0) \($0.1)" }
            #expect((answer ?? "none") == row[3], "\(row)")
        }
    }

    // Laws, over every history of up to four entries with small numbers.

    @Test("entries stay strictly increasing, whatever is appended and cut")
    func invariant() {
        forEachHistory { history in
            for (entry, next) in zip(history.entries, history.entries.dropFirst())
            where !next.liesAbove(entry) {
                Issue.record("\(history)")
            }
            #expect(LeaderEpochHistory(appending: history.entries) == history)
            for cut in 0...5 {
                var ended = history
                ended.truncate(toEnd: Offset(Int64(cut)))
                #expect(ended.entries.allSatisfy { $0.startOffset.rawValue < Int64(cut) })
                var started = history
                started.truncate(fromStart: Offset(Int64(cut)))
                #expect(started.entries.allSatisfy { $0.startOffset.rawValue >= Int64(cut) })
                for offset in cut...6 {
                    let offset = Offset(Int64(offset))
                    #expect(started.epoch(at: offset) == history.epoch(at: offset))
                }
            }
        }
    }

    @Test("an epoch's end is where the first higher epoch begins")
    func endLaw() {
        let logEnd: Int64 = 9
        forEachHistory { history in
            for asked in Int32(0)...5 {
                let higher = history.entries.first { $0.epoch.rawValue > asked }
                let floor = history.entries.last { $0.epoch.rawValue <= asked }
                let answer = end(of: asked, in: history, logEnd: logEnd)
                if let higher {
                    #expect(answer?.1 == higher.startOffset.rawValue)
                    #expect(answer?.0 == floor?.epoch.rawValue ?? asked)
                } else {
                    #expect(answer?.1 == (floor?.epoch.rawValue == asked ? logEnd : nil))
                }
            }
        }
    }

    /// Every history that up to three appends of epochs and starts below 4 leave.
    private func forEachHistory(_ body: (LeaderEpochHistory) -> Void) {
        var seen: Set<LeaderEpochHistory> = [LeaderEpochHistory()]
        for _ in 0..<3 {
            for var history in seen {
                let start = history
                for epoch in Int32(0)..<4 {
                    for offset in Int64(0)..<4 {
                        history = start
                        history.append(LeaderEpoch(epoch), from: Offset(offset))
                        seen.insert(history)
                    }
                }
            }
        }
        seen.forEach(body)
    }
}
