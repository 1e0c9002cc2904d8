import VarveSim
import VarveTerms
import VarveTesting
import VarveWire

@testable import VarveBroker

/// A broker on a simulated disk, members that talk to it over slow connections, what goes wrong
/// meanwhile, and the oracles that look on.
///
/// Time is virtual and moves from event to event; the seed decides every step, so that the same
/// schedule is the same history.
final class ScheduleWorld {
    let schedule: Schedule
    let broker: SimulatedBroker
    var random: SplitMix64
    var members: [Member] = []
    var tally = ScheduleTally()
    /// What contradicts a promise.
    private(set) var violations: [String] = []
    /// What members did, where it is asked for.
    var trace: [String]?
    /// No more faults, and members that do all they can.
    private(set) var isCalm = false
    /// Which life of the broker this is.
    var life = 1
    /// Without a broker until then.
    var downUntil: Instant?
    /// The disk is slow, or full, until then.
    var badUntil: Instant?

    let records = RecordOracle()
    let offsets = OffsetOracle()
    let transactions: TransactionOracle
    let generations = GenerationOracle()
    let owners = OwnerOracle()
    let shares = ShareOracle()
    let topics = TopicOracle()
    /// Ids of the topics that are there from the start.
    private(set) var topicIDs: [String: UniqueID] = [:]
    private(set) var topicNames: [UniqueID: String] = [:]
    private var lastValue = 0

    /// Topics that are there from the start, and how many partitions each has.
    static let partitionCounts: [String: Int32] = ["p": 2, "in": 2, "out": 2, "s": 1, "t": 3]

    init(_ schedule: Schedule) throws {
        self.schedule = schedule
        random = SplitMix64(seed: schedule.seed)
        let clock = SimulatedClock(wallClock: Timestamp(milliseconds: 1_795_253_504_484))
        var properties = Self.properties
        if schedule.bug == .answersBeforeFlush { properties["varve.flush.policy"] = "page-cache" }
        broker = try SimulatedBroker(
            properties, disk: SimulatedDisk(clock: clock),
            network: MemoryNetwork(.init(seed: schedule.seed)), seed: schedule.seed)
        transactions = TransactionOracle(records, offsets)
        try makeTopics()
        members = cast()
        plant()
    }

    /// Times are short: what takes a minute in life takes seconds here.
    private static let properties = [
        "transaction.state.log.num.partitions": "2", "offsets.topic.num.partitions": "2",
        "share.coordinator.state.topic.num.partitions": "2",
        "group.initial.rebalance.delay.ms": "0", "group.min.session.timeout.ms": "1000",
        "group.consumer.min.heartbeat.interval.ms": "500",
        "group.consumer.heartbeat.interval.ms": "1000",
        "group.consumer.min.session.timeout.ms": "1000",
        "group.consumer.session.timeout.ms": "6000",
        "group.share.min.heartbeat.interval.ms": "500",
        "group.share.heartbeat.interval.ms": "1000",
        "group.share.min.session.timeout.ms": "1000", "group.share.session.timeout.ms": "6000",
        "group.share.min.record.lock.duration.ms": "1000",
        "group.share.record.lock.duration.ms": "5000", "group.share.delivery.count.limit": "3",
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        "auto.create.topics.enable": "false",
    ]

    private func makeTopics() throws {
        var request = CreateTopicsRequest(timeoutMs: 1000)
        request.topics = Self.partitionCounts.sorted { $0.key < $1.key }.map {
            .init(name: $0.key, numPartitions: $0.value, replicationFactor: 1)
        }
        let answer = try broker.ask(request, version: 7, for: CreateTopicsResponse.self)
        for topic in answer.topics {
            topicIDs[topic.name] = topic.topicId
            topicNames[topic.topicId] = topic.name
        }
        let change = IncrementalAlterConfigsRequest(resources: [
            .init(
                resourceType: 32, resourceName: "sharers",
                configs: [
                    .init(name: "share.auto.offset.reset", configOperation: 0, value: "earliest")
                ])
        ])
        _ = try broker.ask(change, version: 1, for: IncrementalAlterConfigsResponse.self)
    }

    // MARK: Chance

    var now: Instant { broker.clock.now() }
    var wallClock: Timestamp { broker.clock.wallClock() }

    func newValue() -> Int {
        lastValue += 1
        return lastValue
    }

    func chance(of count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }

    func percent(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: 0..<values.count, using: &random)]
    }

    /// How long a frame is on its way: mostly next to nothing, sometimes long.
    func delay() -> Duration {
        guard !isCalm else { return .zero }
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return .milliseconds(Int.random(in: 0...1500, using: &random))
        case 1...5: return .milliseconds(Int.random(in: 0...60, using: &random))
        default: return .zero
        }
    }

    // MARK: What is told

    func fail(_ text: String) {
        violations.append("\(text) (after \(now.nanoseconds / 1_000_000) ms, life \(life))")
        note("VIOLATION " + text)
    }

    func note(_ text: @autoclosure () -> String) {
        trace?.append("\(now.nanoseconds / 1_000_000) ms: \(text())")
    }

    func count(_ event: String) { tally.events[event, default: 0] += 1 }

    /// Takes over what an oracle found wrong.
    func take(_ complaints: [String]) {
        for complaint in complaints { fail(complaint) }
    }

    func becomeCalm() { isCalm = true }
}
