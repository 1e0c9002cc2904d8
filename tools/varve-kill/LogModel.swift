/// What the log must hold, from what children told and from what earlier checks saw. The only
/// judge: it knows nothing of files.
///
///     start ─── settled ─────────────── settledEnd ─── of pending lives ───►
///               seen by an earlier check:               told: must be there;
///               must be there unchanged                 one more of each thread may be
struct LogModel {
    /// What each pending life was told; an index is a thread.
    struct Told {
        var life: Int
        var offsets: [[Int64]]
    }

    let threadCount: Int
    /// The offset of the first record.
    private(set) var start: Int64 = 0
    /// Where the log may start instead, because a child was deleting when it died.
    private(set) var otherStart: Int64?
    /// The records from `start` on that a check has seen.
    private(set) var settled: [SubmittedRecord] = []
    /// Lives since the last check, in order.
    private(set) var pending: [Told] = []
    /// Records that were acknowledged, in all.
    private(set) var acknowledgedCount = 0
    /// Records that were there though nobody was told of them, in all.
    private(set) var unacknowledgedCount = 0

    init(threadCount: Int) { self.threadCount = threadCount }

    var settledEnd: Int64 { start + Int64(settled.count) }

    /// A child starts.
    mutating func begin(life: Int) {
        pending.append(Told(life: life, offsets: Array(repeating: [], count: threadCount)))
    }

    /// The child that started last told that a record was acknowledged.
    /// - Returns: what is wrong with that; nil when nothing is.
    mutating func tell(thread: Int, counter: Int, offset: Int64) -> Violation? {
        guard let life = pending.last?.life, thread >= 0, thread < threadCount else {
            return .word("acknowledged for thread \(thread), which there is not")
        }
        let record = SubmittedRecord(life: life, thread: thread, counter: counter)
        let told = pending[pending.count - 1].offsets[thread]
        guard counter == told.count else {
            return .word("\(record) was acknowledged after \(told.count) others of its thread")
        }
        guard offset > told.last ?? settledEnd - 1 else {
            return .word("\(record) was acknowledged at offset \(offset), which is not new")
        }
        pending[pending.count - 1].offsets[thread].append(offset)
        acknowledgedCount += 1
        return nil
    }

    /// A child may delete the records before `offset` from here on.
    mutating func mayDelete(before offset: Int64) { otherStart = offset }

    /// The log was told to delete, and said that it did.
    mutating func didDelete(before offset: Int64) {
        settled.removeFirst(Int(offset - start))
        start = offset
    }

    /// A check found nothing wrong: what it saw is settled.
    mutating func settle(_ records: [SubmittedRecord], from newStart: Int64) {
        let toldCount = pending.reduce(0) { $0 + $1.offsets.reduce(0) { $0 + $1.count } }
        unacknowledgedCount += Int(newStart) + records.count - Int(settledEnd) - toldCount
        (start, settled, pending, otherStart) = (newStart, records, [], nil)
    }
}

/// A promise that was not kept.
enum Violation: Hashable, CustomStringConvertible {
    /// The log starts where it cannot.
    case start(found: Int64, expected: [Int64])
    /// Offsets that nothing stands at, or that stand twice.
    case gap(after: Int64, found: Int64)
    /// The log ends elsewhere than its last record.
    case end(found: Int64, expected: Int64)
    /// An acknowledged or settled record is not there.
    case lost(SubmittedRecord, offset: Int64)
    /// Something else stands where an acknowledged or settled record was.
    case replaced(SubmittedRecord, offset: Int64, by: SubmittedRecord?)
    /// Bytes that no child could have submitted.
    case invented(offset: Int64, SubmittedRecord?)
    /// A record of a thread that does not follow the one before it.
    case outOfOrder(SubmittedRecord, offset: Int64, expected: Int)
    /// What recovery reports.
    case recovery(String)
    /// What a child told, or how it ended.
    case word(String)

    var description: String {
        switch self {
        case .start(let found, let expected):
            "the log starts at offset \(found), expected \(expected)"
        case .gap(let after, let found): "offset \(after) is followed by \(found)"
        case .end(let found, let expected):
            "the log says that it ends at offset \(found), its records end at \(expected)"
        case .lost(let record, let offset):
            "lost: \(record), which was acknowledged or served at offset \(offset)"
        case .replaced(let record, let offset, let other):
            "lost: \(record), told to be at offset \(offset), where there is "
                + (other.map { "\($0)" } ?? "something that nobody submitted")
        case .invented(let offset, let record):
            "invented: what stands at offset \(offset)"
                + (record.map { ", \($0)," } ?? "") + " was never submitted"
        case .outOfOrder(let record, let offset, let expected):
            "out of order: \(record) at offset \(offset), expected number \(expected)"
        case .recovery(let text), .word(let text): text
        }
    }
}
