import Testing
import VarveTerms

@testable import VarveShares

@Suite("SharePartition")
struct SharePartitionTests {
    static func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    static func range(_ lower: Int64, _ upper: Int64) -> Range<Offset> {
        Offset(lower)..<Offset(upper)
    }

    private func make(limit: Int16 = 5, inFlight: Int64 = 2000) -> SharePartition {
        var limits = ShareLimits()
        limits.deliveryCountMax = limit
        limits.inFlightCountMax = inFlight
        return SharePartition(start: Offset(0), stateEpoch: 0, limits: limits)
    }

    private func want(
        _ member: String, _ count: Int64 = 500, _ mode: AcquireRequest.Mode = .batchOptimized,
        batchSize: Int64 = 500
    ) -> AcquireRequest {
        AcquireRequest(member: member, recordCountMax: count, batchSize: batchSize, mode: mode)
    }

    /// Batches of five records.
    private func log(_ lower: Int64, _ upper: Int64) -> LogBatches {
        LogBatches(stride(from: lower, to: upper, by: 5).map { Self.range($0, $0 + 5) })
    }

    private func rows(_ got: [AcquiredRecords]) -> [[Int64]] {
        got.map {
            [
                $0.offsets.lowerBound.rawValue, $0.offsets.upperBound.rawValue,
                Int64($0.deliveryCount),
            ]
        }
    }

    private func say(
        _ kind: Acknowledgement, _ first: Int64, _ last: Int64
    ) throws -> [AcknowledgedRecords] {
        [try #require(AcknowledgedRecords(first: first, last: last, kinds: [kind]))]
    }

    // MARK: Errors

    /// What a member says of a record, by what the record is: the code, or what it is then.
    @Test("the table of states and acknowledgements", arguments: Acknowledgement.allCases)
    func table(_ kind: Acknowledgement) throws {
        var base = make()
        _ = base.acquire(want("me", 5), from: log(0, 5), at: Self.at(0))
        // 0 stays with me, so that the start stays; 1 is available, 2 accepted, 3 rejected.
        try base.acknowledge(
            say(.release, 1, 1) + say(.accept, 2, 2) + say(.reject, 3, 3), by: "me", at: Self.at(0))
        _ = base.acquire(want("you", 5), from: log(5, 10), at: Self.at(0))
        let after: RecordState =
            switch kind {
            case .gap, .reject: .archived
            case .accept: .acknowledged
            case .release: .available
            case .renew: .acquired(by: "me", until: Self.at(31))
            }
        let refused: [(Int64, ShareError)] = [
            (1, .invalidRecordState), (2, .invalidRecordState), (3, .invalidRecordState),
            (7, .invalidRecordState), (10, .invalidRequest), (500, .invalidRequest),
        ]
        for (offset, error) in refused {
            var partition = base
            let thrown = #expect(throws: ShareRefusal.self) {
                try partition.acknowledge(say(kind, offset, offset), by: "me", at: Self.at(1))
            }
            #expect(thrown?.error == error, "\(kind) of \(offset)")
            #expect(partition.runs == base.runs, "a refused row changes nothing")
        }
        var partition = base
        try partition.acknowledge(say(kind, 4, 4), by: "me", at: Self.at(1))
        #expect(partition.runs[partition.place(of: Offset(4))].state == after)
    }

    @Test("one bad row undoes the good ones before it")
    func atomic() throws {
        var partition = make()
        _ = partition.acquire(want("me"), from: log(0, 10), at: Self.at(0))
        let before = partition.runs
        let rows = try say(.accept, 0, 3) + say(.accept, 3, 4)
        #expect(throws: ShareRefusal.self) {
            try partition.acknowledge(rows, by: "me", at: Self.at(0))
        }
        let backwards = try say(.accept, 4, 4) + say(.accept, 2, 2)
        #expect(throws: ShareRefusal(.invalidRequest)) {
            try partition.acknowledge(backwards, by: "me", at: Self.at(0))
        }
        #expect(partition.runs == before)
    }

    @Test("rows that make no sense are none")
    func rows() {
        let kinds: [Acknowledgement] = [.accept, .accept]
        #expect(AcknowledgedRecords(first: 3, last: 2, kinds: [.accept]) == nil)
        #expect(AcknowledgedRecords(first: 0, last: 0, kinds: []) == nil)
        #expect(AcknowledgedRecords(first: 0, last: 2, kinds: kinds) == nil)
        #expect(AcknowledgedRecords(first: -1, last: 0, kinds: kinds) == nil)
        #expect(AcknowledgedRecords(first: 0, last: .max, kinds: [.accept]) == nil)
        #expect(AcknowledgedRecords(first: 0, last: 1, kinds: kinds) != nil)
    }

    @Test("what is before the start was dealt with, whatever is said of it now")
    func beforeStart() throws {
        var partition = make()
        _ = partition.acquire(want("me"), from: log(0, 5), at: Self.at(0))
        try partition.acknowledge(say(.accept, 0, 1), by: "me", at: Self.at(0))
        #expect(partition.start == Offset(2))
        try partition.acknowledge(say(.reject, 0, 1), by: "me", at: Self.at(0))
        try partition.acknowledge(say(.accept, 0, 2), by: "me", at: Self.at(0))
        #expect(partition.start == Offset(3))
    }

    // MARK: Acquiring

    @Test("batches are not split, unless the limit is exact")
    func modes() {
        var partition = make()
        var got = partition.acquire(want("me", 7), from: log(0, 20), at: Self.at(0))
        #expect(rows(got) == [[0, 10, 1]])
        got = partition.acquire(want("me", 7, .recordLimit), from: log(10, 30), at: Self.at(0))
        #expect(rows(got) == [[10, 17, 1]])
        got = partition.acquire(want("me", 0), from: log(15, 30), at: Self.at(0))
        #expect(got.isEmpty)
        // The log is read from 17 on, and gives the whole batch around it.
        got = partition.acquire(want("me", 1), from: log(15, 30), at: Self.at(0))
        #expect(rows(got) == [[17, 20, 1]])
    }

    @Test("rows of an answer end at batches of the log, once they are large enough")
    func batchSize() {
        var partition = make()
        let got = partition.acquire(want("me", batchSize: 6), from: log(0, 25), at: Self.at(0))
        #expect(rows(got) == [[0, 10, 1], [10, 20, 1], [20, 25, 1]])
    }

    @Test("what came back goes first, and counts its deliveries")
    func redelivery() throws {
        var partition = make()
        _ = partition.acquire(want("me"), from: log(0, 10), at: Self.at(0))
        try partition.acknowledge(
            say(.release, 2, 2) + say(.release, 5, 5), by: "me", at: Self.at(0))
        #expect(partition.nextOffset == Offset(2))
        let got = partition.acquire(want("you"), from: log(0, 10), at: Self.at(0))
        #expect(rows(got) == [[2, 3, 2], [5, 6, 2]])
    }

    @Test("a record that comes for the last time comes alone, and is given up then")
    func lastDelivery() throws {
        var partition = make(limit: 3)
        for _ in 0..<2 {
            _ = partition.acquire(want("me"), from: log(0, 5), at: Self.at(0))
            partition.release(from: "me")
        }
        let got = partition.acquire(want("me"), from: log(0, 5), at: Self.at(0))
        #expect(rows(got) == [[0, 1, 3]])
        partition.release(from: "me")
        #expect(partition.start == Offset(1), "0 is archived")
    }

    @Test("no batch is begun with too many in flight, but what came back is given out")
    func inFlight() throws {
        var partition = make(inFlight: 7)
        var got = partition.acquire(want("me"), from: log(0, 30), at: Self.at(0))
        #expect(rows(got) == [[0, 10, 1]], "the second batch begins with five in flight")
        #expect(!partition.hasRoom)
        got = partition.acquire(want("you"), from: log(10, 30), at: Self.at(0))
        #expect(got.isEmpty)
        try partition.acknowledge(say(.release, 9, 9), by: "me", at: Self.at(0))
        #expect(partition.hasRoom)
        got = partition.acquire(want("you"), from: log(5, 30), at: Self.at(0))
        #expect(rows(got) == [[9, 10, 2]])
    }

    @Test("offsets that the log lost, and hidden transactions, are passed over")
    func gaps() throws {
        var partition = make()
        let sparse = LogBatches(
            [Self.range(2, 4), Self.range(6, 8), Self.range(8, 9)], hidden: [Self.range(6, 8)])
        let got = partition.acquire(want("me"), from: sparse, at: Self.at(0))
        #expect(rows(got) == [[2, 4, 1], [8, 9, 1]])
        #expect(partition.start == Offset(2))
        try partition.acknowledge(say(.accept, 2, 3), by: "me", at: Self.at(0))
        #expect(partition.start == Offset(8), "4 to 8 is done with")
    }

    @Test("what came back and then was compacted away does not stay")
    func lostAfterRelease() {
        var partition = make()
        _ = partition.acquire(want("me"), from: log(0, 10), at: Self.at(0))
        partition.release(from: "me")
        let got = partition.acquire(
            want("me"), from: LogBatches([Self.range(5, 10)]), at: Self.at(0))
        #expect(rows(got) == [[5, 10, 2]])
        #expect(partition.start == Offset(5))
    }

    // MARK: Time

    @Test("locks end when their time is up, and renewed ones later")
    func locks() throws {
        var partition = make()
        _ = partition.acquire(want("me"), from: log(0, 5), at: Self.at(0))
        try partition.acknowledge(say(.renew, 3, 3), by: "me", at: Self.at(10))
        partition.expireLocks(at: Self.at(29))
        #expect(partition.nextOffset == Offset(5))
        partition.expireLocks(at: Self.at(30))
        #expect(partition.nextOffset == Offset(0))
        #expect(partition.nextLockEnd == Self.at(40))
        #expect(partition.inFlightCount == 5)
        partition.expireLocks(at: Self.at(40))
        #expect(partition.nextLockEnd == nil)
    }

    @Test("the log's start moves under what is in flight")
    func logStart() throws {
        var partition = make()
        _ = partition.acquire(want("me"), from: log(0, 10), at: Self.at(0))
        partition.moveStart(to: Offset(4))
        #expect(partition.start == Offset(4) && partition.end == Offset(10))
        try partition.acknowledge(say(.accept, 0, 9), by: "me", at: Self.at(0))
        #expect(partition.start == Offset(10))
        partition.moveStart(to: Offset(100))
        #expect(partition.start == Offset(100) && partition.end == Offset(100))
        partition.moveStart(to: Offset(50))
        #expect(partition.start == Offset(100))
    }

    // MARK: What lasts

    @Test("a partition that is read back gives out again what nobody finished")
    func reload() throws {
        var partition = make()
        _ = partition.acquire(want("me"), from: log(0, 10), at: Self.at(0))
        try partition.acknowledge(
            say(.accept, 1, 2) + say(.release, 4, 4) + say(.reject, 6, 6), by: "me",
            at: Self.at(0))
        let taken = partition.takeUpdate()
        let update = try #require(taken)
        #expect(update.start == Offset(0) && update.deliveryCompleteCount == 3)
        let again = partition.takeUpdate()
        #expect(again == nil)
        var state = ShareState(
            stateEpoch: 3, start: nil, createTimestamp: .none, writeTimestamp: .none)
        #expect(SharePartition(state, limits: ShareLimits()) == nil)
        state.apply(update)
        let read = try #require(SharePartition(state, limits: ShareLimits()))
        let expected: [(Range<Offset>, RecordState, Int16)] = [
            (Self.range(0, 1), .available, 0), (Self.range(1, 3), .acknowledged, 1),
            (Self.range(3, 4), .available, 0), (Self.range(4, 5), .available, 1),
            (Self.range(5, 6), .available, 0), (Self.range(6, 7), .archived, 1),
        ]
        #expect(read.runs == expected.map { RecordRun($0.0, $0.1, deliveryCount: $0.2) })
        #expect(read.stateEpoch == 3 && read.end == Offset(7))
    }

    @Test("where to begin is kept before anybody reads")
    func firstUpdate() {
        var partition = SharePartition(
            start: Offset(42), stateEpoch: 0, limits: ShareLimits())
        let first = partition.takeUpdate()
        let second = partition.takeUpdate()
        #expect(first?.start == Offset(42) && second == nil)
    }
}
