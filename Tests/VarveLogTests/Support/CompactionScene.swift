import VarveBytes
import VarveRecords
import VarveSim
import VarveTerms

@testable import VarveLog

/// A log with keys, tombstones, transactions and producers on a simulated disk, ready to be
/// cleaned, and the views that a cleaning may show.
final class CompactionScene {
    static let now = Timestamp(milliseconds: 1_000_000)
    let home: LogOnDisk
    let disk: SimulatedDisk
    /// How many operations there were before the cleaning.
    private(set) var firstMoment = 0
    /// What committed readers may see, one view after each step of the cleaning.
    private(set) var views: Set<[KeyedRecord]> = []
    /// The last sequence number of each producer.
    private(set) var sequences: [Int64: Int32] = [:]

    /// Segments of 3 KiB, so that some of the small ones that a log was written in are joined.
    static func settings(segmentSize: ByteCount = .kib(3)) -> LogSettings {
        var settings = LogCleanerTests.settings()
        settings.segmentSizeMax = segmentSize
        settings.producerAgeMax = .seconds(3600)
        return settings
    }

    /// - Parameter rounds: how many batches of each kind.
    init(rounds: Int = 12) throws {
        let first = try LogOnDisk(settings: Self.settings(segmentSize: .kib(1)))
        for round in 0..<rounds { try Self.append(round, to: first) }
        try first.log.roll()
        home = try first.closed(settings: Self.settings())
        disk = home.disk
        for id: Int64 in [7, 8] { sequences[id] = home.log.producer(id)?.lastSequence }
        firstMoment = disk.operationCount
    }

    /// Plain records, an idempotent producer, and a transaction that is committed, aborted, or, the
    /// last one, followed by nothing.
    private static func append(_ round: Int, to home: LogOnDisk) throws {
        try home.append(
            bytes: try LogFixture.keyed(
                [("a\(round % 3)", "p\(round)"), ("b\(round)", round % 2 == 0 ? "x" : nil)],
                compression: round % 4 == 0 ? .lz4 : .none))
        try home.append(
            bytes: try LogFixture.keyed(
                [("a\(round % 3)", "i\(round)")],
                producer: ProducerStamp(id: 7, epoch: 0, baseSequence: Int32(round))))
        try home.append(
            bytes: try LogFixture.keyed(
                [("a1", "t\(round)"), ("t\(round % 2)", round % 5 == 0 ? nil : "t\(round)")],
                producer: ProducerStamp(id: 8, epoch: 0, baseSequence: Int32(2 * round)),
                isTransactional: true))
        try home.log.appendMarker(
            round % 3 == 1 ? .abort : .commit,
            of: ProducerStamp(id: 8, epoch: 0, baseSequence: nil), coordinatorEpoch: 0)
    }

    /// Cleans the log and notes what is seen after each step.
    @discardableResult
    func clean() throws -> CleaningReport {
        views.insert(try Self.committed(home.log))
        let cleaner = try home.log.makeCleaner(now: Self.now)
        while true {
            switch try cleaner.step(ByteCount(300)) {
            case .working: views.insert(try Self.committed(home.log))
            case .finished(let report):
                views.insert(try Self.committed(home.log))
                return report
            }
        }
    }

    /// The records that readers of committed records see, found by the segments' own indexes.
    static func committed(_ log: Log) throws -> [KeyedRecord] {
        var aborted: [AbortedTransaction] = []
        for segment in log.segments { aborted += try segment.transactionIndex.entries() }
        return try LogFixture.keyedRecords(of: log.reader) { header in
            header.attributes.isTransactional
                && aborted.contains {
                    $0.producerId == header.producerId
                        && $0.firstOffset.rawValue <= header.baseOffset
                        && header.baseOffset < $0.lastOffset.rawValue
                }
        }
    }

    /// The latest value of each key; a key without one was deleted.
    static func table(_ records: [KeyedRecord]) -> [String: String] {
        var table: [String: String] = [:]
        for record in records { table[record.key ?? "?"] = record.value }
        return table
    }
}
