import VarveBytes
import VarveLog
import VarveRecords
import VarveSim
import VarveTerms
import VarveTesting
import VarveTransport
import VarveWire

@testable import VarveBroker

/// Producers that run transactions against a broker which is killed and loses power, and what each
/// of them was promised.
///
/// Three transactional ids, two of them by the rules of `v2`; each has one producer at a time, and
/// those that it has replaced: they go on trying.
final class TransactionWorld {
    /// Something that is wrong with the broker on purpose, to see that the oracles notice.
    enum Sabotage: CaseIterable {
        /// A marker is written before the decision is durable, and power is cut.
        case markerBeforeDecision
        /// A replaced producer's batch gets by the check of its epoch.
        case replacedWriter
        /// Offsets of a transaction count before it is committed.
        case offsetsAtOnce
    }

    /// What became of a transaction, as far as its producer knows.
    enum Outcome { case open, committed, aborted, unknown }

    struct Attempt {
        var name: String
        var values: [String: [Int]] = [:]
        var offset: Int64?
        var outcome = Outcome.open
        /// Something of it failed: it will not be committed.
        var isSpoiled = false
    }

    struct Writer {
        var name: String
        var usesV2: Bool
        var id: Int64
        var epoch: Int16
        var sequences: [String: Int32] = [:]
        var attempt: Int?
        /// It was refused for good, or does not know what became of its transaction.
        var isOver = false
    }

    static let names = ["x", "y", "z"]
    static let places = ["a-0", "a-1", "b-0", "b-1"]

    let broker: SimulatedBroker
    let sabotage: Sabotage?
    var random: SplitMix64
    var writers: [String: Writer] = [:]
    var replaced: [Writer] = []
    var attempts: [Attempt] = []
    /// Values of replaced producers.
    var forbidden: Set<Int> = []
    /// What contradicts a promise.
    var violations: [String] = []
    var cutCount = 0
    private var lastValue = 0

    init(seed: UInt64, sabotage: Sabotage? = nil) throws {
        random = SplitMix64(seed: seed)
        self.sabotage = sabotage
        let clock = SimulatedClock(wallClock: Timestamp(milliseconds: 1_795_253_504_484))
        broker = try SimulatedBroker(
            [
                "transaction.state.log.num.partitions": "2", "offsets.topic.num.partitions": "2",
                "num.partitions": "2", "group.initial.rebalance.delay.ms": "0",
            ], disk: SimulatedDisk(clock: clock), seed: seed)
        var request = CreateTopicsRequest(timeoutMs: 1000)
        request.topics = ["a", "b"].map { .init(name: $0, numPartitions: 2, replicationFactor: 1) }
        _ = try broker.ask(request, version: 7, for: CreateTopicsResponse.self)
    }

    func newValue() -> Int {
        lastValue += 1
        return lastValue
    }

    func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    // MARK: Asking

    /// Asks, or has the broker die while it answers.
    /// - Returns: nil when nobody knows what came of it.
    func ask<Response: WireMessage>(
        _ request: some WireMessage, _ version: Int16, records: [UInt8] = [],
        for type: Response.Type
    ) throws -> Response? {
        let frame = try BrokerScene.frame(request, with: records, version: version)
        if chance(4) {
            let client = try broker.connect()
            client.send(frame: frame)
            for _ in 0..<Int.random(in: 1...4, using: &random) { broker.turn() }
            try die()
            return nil
        }
        guard case .frame(let answer) = try broker.ask(frame) else { return nil }
        return try BrokerScene.decode(answer, version: version)
    }

    func die() throws {
        cutCount += 1
        if chance(30) {
            broker.kill()
        } else {
            let keeping: AtomSelection = chance(30) ? .none : .random(seed: random.next())
            broker.cutPower(keeping: keeping)
        }
        try broker.start()
    }

    // MARK: What is seen

    func partition(_ place: String) throws -> Partition {
        let parts = place.split(separator: "-")
        guard let found = broker.broker?.partition(String(parts[0]), Int32(parts[1]) ?? 0) else {
            throw BrokerIsDown()
        }
        return found
    }

    /// What readers of committed records see.
    func visible(_ place: String) throws -> [Int] {
        let reader = try partition(place).reader
        var values: [Int] = []
        var scanner = RecordScanner()
        var offset = reader.startOffset
        while case .batches(let batches) = try reader.read(from: offset, isolation: .committed) {
            try batches.forEachRecord(with: &scanner, from: offset) { record in
                values.append(Int(record.value?.text() ?? "") ?? -1)
            }
            offset = batches.nextOffset
        }
        return values
    }

    /// The group's offset must be one that a committed transaction brought, the last that is known
    /// to be or one that may be.
    func checkOffset(of name: String) throws {
        let request = OffsetFetchRequest(
            groups: [
                .init(
                    groupId: "g-" + name, topics: [.init(name: "a", partitionIndexes: [0])])
            ])
        let frame = try BrokerScene.frame(request, version: 9)
        guard case .frame(let answer) = try broker.ask(frame) else { return }
        let response: OffsetFetchResponse = try BrokerScene.decode(answer, version: 9)
        let row = response.groups.first?.topics.first?.partitions.first
        guard let offset = row?.committedOffset, row?.errorCode == ErrorCode.none else { return }
        var allowed: Set<Int64> = [-1]
        for attempt in attempts where attempt.name == name {
            guard let offset = attempt.offset else { continue }
            switch attempt.outcome {
            case .committed: allowed = [offset]
            case .unknown: allowed.insert(offset)
            case .open, .aborted: break
            }
        }
        if !allowed.contains(offset) {
            violations.append("group of \(name) at \(offset), allowed \(allowed.sorted())")
        }
    }

    /// Lets everything end that is open, and holds what is seen against what was promised.
    func checkAll() throws {
        for name in Self.names { try replace(name) }
        broker.advance(by: .seconds(30))
        for name in Self.names { try checkOffset(of: name) }
        var seen: [String: [Int: Int]] = [:]
        for place in Self.places {
            for value in try visible(place) { seen[place, default: [:]][value, default: 0] += 1 }
        }
        for partition in broker.broker?.partitions.all ?? [] {
            let stable = partition.reader.lastStableOffset()
            if stable != partition.reader.endOffset {
                violations.append("\(partition.topic)-\(partition.index) hangs at \(stable)")
            }
        }
        for (number, attempt) in attempts.enumerated() {
            let all = attempt.values.flatMap { place, values in values.map { (place, $0) } }
            let counts = all.map { seen[$0.0]?[$0.1] ?? 0 }
            let isWhole = counts.allSatisfy { $0 == 1 }
            let isNothing = counts.allSatisfy { $0 == 0 }
            let isRight =
                switch attempt.outcome {
                case .committed: isWhole
                case .open, .aborted: isNothing
                case .unknown: isWhole || isNothing
                }
            if !isRight {
                violations.append("attempt \(number), \(attempt.outcome): seen \(counts)")
            }
        }
        for (place, values) in seen {
            for value in values.keys where forbidden.contains(value) {
                violations.append("\(place) shows \(value) of a replaced producer")
            }
        }
    }
}

/// A test asked for a partition while there was no broker.
struct BrokerIsDown: Error {}
