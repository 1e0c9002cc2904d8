import Testing

@testable import VarveKill

@Suite("LogModel, read from a ledger")
struct LedgerTests {
    private func ledger(_ lines: [ChildLine]) -> [UInt8] { lines.flatMap(\.bytes) }

    @Test("a line reads back as it was written")
    func lines() {
        let lines: [ChildLine] = [
            .opened(cutSize: 9), .acknowledged(thread: 3, counter: 1 << 40, offset: -1),
            .deleting(before: 5), .closing, .checked,
        ]
        for line in lines { #expect(ChildLine(line.bytes[...]) == line) }
    }

    @Test("each opening after the first begins a life")
    func lives() {
        let read = LogModel.reading(
            ledger([
                .opened(cutSize: 0), .acknowledged(thread: 0, counter: 0, offset: 0), .closing,
                .opened(cutSize: 0), .acknowledged(thread: 0, counter: 0, offset: 1),
            ]), threadCount: 1)
        #expect(read.model.pending.map(\.life) == [0, 1])
        #expect(read.model.pending.map(\.offsets) == [[[0]], [[1]]])
        #expect(!read.wasChecked)
        #expect(read.violations == [])
    }

    @Test("a check that was completed is told")
    func checked() {
        #expect(
            LogModel.reading(ledger([.opened(cutSize: 0), .checked]), threadCount: 1).wasChecked)
    }

    @Test("a kill that left something to cut, and what is no line, are violations")
    func violations() {
        let read = LogModel.reading(ledger([.opened(cutSize: 1)]) + [7], threadCount: 1)
        #expect(read.violations.count == 2)
    }

    @Test("a record that was acknowledged and is gone is lost")
    func lost() {
        var read = LogModel.reading(
            ledger([.opened(cutSize: 0), .acknowledged(thread: 0, counter: 0, offset: 0)]),
            threadCount: 1)
        let record = SubmittedRecord(life: 0, thread: 0, counter: 0)
        #expect(read.model.check([], start: 0, end: 0) == [.lost(record, offset: 0)])
    }
}
