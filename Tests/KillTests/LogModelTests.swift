import Testing

@testable import VarveKill

/// A check that cannot fail proves nothing: every violation is planted here once.
@Suite("LogModel")
struct LogModelTests {
    private func record(_ thread: Int, _ counter: Int, life: Int = 0) -> SubmittedRecord {
        SubmittedRecord(life: life, thread: thread, counter: counter)
    }

    private func stored(_ records: [SubmittedRecord?], from start: Int64 = 0) -> [StoredRecord] {
        records.enumerated().map { StoredRecord(offset: start + Int64($0), record: $1) }
    }

    /// Two threads; six records were acknowledged, three of each thread in turn.
    private func told() -> (model: LogModel, records: [SubmittedRecord?]) {
        var model = LogModel(threadCount: 2)
        model.begin(life: 0)
        var records: [SubmittedRecord?] = []
        for number in 0..<6 {
            let (thread, counter) = (number % 2, number / 2)
            #expect(model.tell(thread: thread, counter: counter, offset: Int64(number)) == nil)
            records.append(record(thread, counter))
        }
        return (model, records)
    }

    private func violations(
        _ records: [SubmittedRecord?], start: Int64 = 0, end: Int64? = nil
    ) -> [Violation] {
        var model = told().model
        return model.check(
            stored(records, from: start), start: start, end: end ?? start + Int64(records.count))
    }

    @Test("a lost end is found, record by record")
    func lostEnd() {
        let found = violations(told().records.dropLast(2))
        #expect(found == [.lost(record(0, 2), offset: 4), .lost(record(1, 2), offset: 5)])
    }

    @Test("a record that is lost from the middle is found")
    func lostMiddle() {
        var records = told().records
        records.remove(at: 2)
        let found = violations(records)
        #expect(found.contains(.replaced(record(0, 1), offset: 2, by: record(1, 1))))
        #expect(found.contains(.lost(record(1, 2), offset: 5)))
        #expect(found.contains(.outOfOrder(record(0, 2), offset: 3, expected: 1)))
    }

    @Test("a hole in the offsets, and an offset that stands twice, are found")
    func holes() {
        var (model, records) = told()
        var list = stored(records)
        list.remove(at: 3)
        #expect(model.check(list, start: 0, end: 6) == [.gap(after: 2, found: 4)])
        list = stored(records)
        list.insert(list[3], at: 3)
        #expect(model.check(list, start: 0, end: 6) == [.gap(after: 3, found: 3)])
        records.removeAll()
        #expect(model.check([], start: 0, end: 6) == [.end(found: 6, expected: 0)])
    }

    @Test("two records that changed places are found")
    func swapped() {
        var records = told().records
        records.swapAt(2, 4)
        let found = violations(records)
        #expect(found.contains(.replaced(record(0, 1), offset: 2, by: record(0, 2))))
        #expect(found.contains(.outOfOrder(record(0, 2), offset: 2, expected: 1)))
    }

    @Test("bytes that nobody submitted are found, in place of a record and behind them all")
    func inventedBytes() {
        var records = told().records
        records[1] = nil
        #expect(violations(records).contains(.replaced(record(1, 0), offset: 1, by: nil)))
        #expect(violations(told().records + [nil]) == [.invented(offset: 6, nil)])
    }

    @Test("records that were never submitted are found: of no thread, no life, or too far ahead")
    func inventedRecords() {
        let records = told().records
        for other in [record(2, 0), record(0, 0, life: 1), record(1, 4)] {
            #expect(violations(records + [other]) == [.invented(offset: 6, other)])
        }
        // The next record of each thread may be there, but only once.
        #expect(violations(records + [record(1, 3), record(0, 3)]) == [])
        #expect(
            violations(records + [record(1, 3), record(1, 3)])
                == [.outOfOrder(record(1, 3), offset: 7, expected: 4)])
    }

    @Test("a log that starts elsewhere is found")
    func start() {
        let found = violations(Array(told().records.dropFirst()), start: 1)
        #expect(found == [.start(found: 1, expected: [0])])
    }

    @Test("what a check has seen must stay, acknowledged or not")
    func settled() {
        var (model, records) = told()
        records.append(record(0, 3))
        #expect(model.check(stored(records), start: 0, end: 7) == [])
        #expect(model.acknowledgedCount == 6)
        #expect(model.unacknowledgedCount == 1)
        #expect(
            model.check(stored(records.dropLast()), start: 0, end: 6)
                == [.lost(record(0, 3), offset: 6)])
        records[6] = record(1, 3)
        #expect(
            model.check(stored(records), start: 0, end: 7)
                == [.replaced(record(0, 3), offset: 6, by: record(1, 3))])
    }

    @Test("lives that were not checked in between stand one after the other")
    func lives() {
        var (model, records) = told()
        model.begin(life: 1)
        #expect(model.tell(thread: 0, counter: 0, offset: 7) == nil)
        records += [record(0, 0, life: 1), record(1, 3)]
        var wrong = model
        let found = wrong.check(stored(records), start: 0, end: 8)
        #expect(found.contains(.replaced(record(0, 0, life: 1), offset: 7, by: record(1, 3))))
        #expect(found.contains(.outOfOrder(record(1, 3), offset: 7, expected: 3)))
        records.swapAt(6, 7)
        #expect(model.check(stored(records), start: 0, end: 8) == [])
    }

    @Test("a child that was deleting leaves the old start or the new one, and nothing between")
    func deleting() {
        var (model, records) = told()
        #expect(model.check(stored(records), start: 0, end: 6) == [])
        model.mayDelete(before: 3)
        var (old, between) = (model, model)
        #expect(old.check(stored(records), start: 0, end: 6) == [])
        #expect(
            between.check(stored(Array(records.dropFirst(2)), from: 2), start: 2, end: 6)
                == [.start(found: 2, expected: [0, 3])])
        #expect(model.check(stored(Array(records.dropFirst(3)), from: 3), start: 3, end: 6) == [])
        #expect(model.settledEnd == 6)
        model.didDelete(before: 5)
        #expect(model.check(stored(Array(records.dropFirst(5)), from: 5), start: 5, end: 6) == [])
        #expect(model.check([], start: 5, end: 5) == [.lost(record(1, 2), offset: 5)])
    }

    @Test("an acknowledgement that cannot be is found")
    func acknowledgements() {
        var model = told().model
        // A counter that was told already, one too far ahead, no thread, an offset given before.
        for (thread, counter, offset) in [(0, 2, 6), (0, 4, 6), (2, 0, 6), (-1, 0, 6), (0, 3, 4)] {
            #expect(model.tell(thread: thread, counter: counter, offset: Int64(offset)) != nil)
        }
        #expect(model.tell(thread: 0, counter: 3, offset: 6) == nil)
    }
}
