import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveTerms

@testable import VarveLog

/// What the engine answers about directories of Apache Kafka, against what a broker answered.
@Suite("answers about Kafka's logs")
struct AnswersTests {
    /// After its restart the broker ended transactions that the killed one had left open, so these
    /// logs go on where the set ends.
    private static let continued: Set = ["__transaction_state-1", "open-transaction-0"]

    /// Logs whose first segment compaction emptied. Kafka's look-up by time stops there, since it
    /// takes the time of the empty file for that of a record, and answers that there is none; this
    /// engine looks on and finds the first record that is not older.
    private static let emptiedFront: Set = ["txn-compacted-0", "v1-compacted-0"]

    /// After its restart the broker compacted this log further.
    private static let compactedSince = "compacted-0"

    @Test("every log answers as a broker did", arguments: GoldenSet.all)
    func answers(set: GoldenSet) throws {
        let directory = try GoldenSet.open(set.planted())
        let names = try directory.logNames()
        let expected = try set.expected()
        var equal = 0
        var asked = 0
        for name in names {
            let log = try directory.openLog(name, settings: set.settings(name), .mustExist)
            #expect(log.recovery.damaged.isEmpty, "\(log.path)")
            guard let answers = expected?.first(where: { $0.partition == name.folder }) else {
                _ = try Self.deliver(log)
                continue
            }
            asked += 1
            let isContinued = set.name == "killed" && Self.continued.contains(name.folder)
            let differences = try Self.differences(
                of: log, from: answers, isKilled: set.name == "killed", isContinued: isContinued)
            #expect(differences == [], "\(set.name) \(name.folder)")
            if differences.isEmpty { equal += 1 }
        }
        print("golden \(set.name) | opened | \(names.count)/\(names.count)")
        print("golden \(set.name) | expected equal | \(equal)/\(asked)")
    }

    private static func differences(
        of log: Log, from expected: ExpectedAnswers, isKilled: Bool, isContinued: Bool
    ) throws -> [String] {
        var found: [String] = []
        func compare<Value: Equatable>(_ what: String, _ mine: Value, _ theirs: Value) {
            if mine != theirs { found.append("\(what) is \(mine), expected is \(theirs)") }
        }
        compare("start", log.ends.start.rawValue, expected.logStartOffset)
        guard !isContinued else {
            compare("end", log.ends.written.rawValue <= expected.highWatermark, true)
            return found
        }
        compare("end", log.ends.written.rawValue, expected.highWatermark)
        compare(
            "last stable offset", log.reader.lastStableOffset().rawValue,
            expected.lastStableOffset)
        // The broker that read a killed one's logs led them in a new epoch.
        if !isKilled, let epoch = log.latestEpoch {
            compare("epoch", epoch.rawValue, expected.leaderEpoch)
        }
        let isSince = isKilled && expected.partition == compactedSince
        if isSince { return found + (try offsetsMissing(of: log, from: expected)) }
        for time in expected.byTime {
            guard let at = time.at else { continue }
            let answer = try log.reader.offset(for: Timestamp(milliseconds: at))
            if emptiedFront.contains(expected.partition), time.offset < 0, let answer {
                compare("time at \(at)", answer.timestamp.milliseconds >= at, true)
                continue
            }
            compare("offset at \(at)", answer?.offset.rawValue ?? -1, time.offset)
            compare("time at \(at)", answer?.timestamp.milliseconds ?? -1, time.timestamp)
            let epoch = answer.flatMap { log.epochs.epoch(at: $0.offset)?.rawValue } ?? -1
            compare("epoch at \(at)", epoch, time.leaderEpoch ?? -1)
        }
        if let newest = expected.maxTimestamp {
            let answer = try log.reader.newestByTime()
            compare("newest offset", answer?.offset.rawValue ?? -1, newest.offset)
            compare("newest time", answer?.timestamp.milliseconds ?? -1, newest.timestamp)
        }
        compare("uncommitted", try deliver(log), expected.uncommitted)
        compare("committed", try deliver(log, .committed), expected.committed)
        return found
    }

    /// Which of the offsets that the broker delivered are not delivered here.
    private static func offsetsMissing(
        of log: Log, from expected: ExpectedAnswers
    ) throws -> [String] {
        func offsets(_ text: String) -> Set<Int64> {
            Set(
                text.split(separator: ",").flatMap { part in
                    let ends = part.split(separator: "-").compactMap { Int64($0) }
                    return Array(ends[0]...ends[ends.count - 1])
                })
        }
        let mine = offsets(try deliver(log).offsets)
        return offsets(expected.uncommitted.offsets).subtracting(mine).map {
            "offset \($0) is not delivered"
        }
    }

    /// Everything that a consumer of the log is given.
    private static func deliver(
        _ log: Log, _ isolation: ReadIsolation = .uncommitted
    ) throws -> ExpectedAnswers.Delivered {
        var deliveries = Deliveries()
        var scanner = RecordScanner()
        var next = log.reader.startOffset
        while case .batches(let batches) = try log.reader.read(from: next, isolation: isolation) {
            let from = next
            try batches.forEachRecord(with: &scanner, from: from) { record in
                deliveries.take(
                    record.offset, key: record.key?.array(), value: record.value?.array())
            }
            next = batches.nextOffset
        }
        return deliveries.answer
    }
}
