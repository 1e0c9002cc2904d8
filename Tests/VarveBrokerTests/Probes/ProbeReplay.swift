import VarveBytes
import VarveSim
import VarveTerms
import VarveTesting
import VarveWire

/// A broker in memory that is asked what Apache Kafka was asked.
final class ProbeReplay {
    /// What came of the probes of an area.
    struct Score: Equatable {
        /// How many had all error codes right, or the connection closed, or no answer.
        var codes = 0
        /// How many had everything right.
        var whole = 0
        var count = 0
        /// The first difference of each probe that is not wholly right.
        var misses: [String] = []

        static func == (left: Score, right: Score) -> Bool {
            left.codes == right.codes && left.whole == right.whole
        }
    }

    private let broker: SimulatedBroker
    private var names = ProbeNames()
    /// Requests that were not answered in the time that Kafka took.
    private var late: [(probe: Probe, client: FrameClient)] = []
    private(set) var score = Score()

    private static let properties = [
        "log.dirs": "/data", "num.network.threads": "3", "num.io.threads": "8",
        "offsets.topic.num.partitions": "4", "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4", "group.initial.rebalance.delay.ms": "300",
        "listeners": "PLAINTEXT://127.0.0.1:9691",
    ]

    init() throws {
        let clock = SimulatedClock(wallClock: Timestamp(milliseconds: 1_795_253_504_484))
        broker = try SimulatedBroker(Self.properties, disk: SimulatedDisk(clock: clock))
    }

    /// Sends the probes one after the other, each on a connection of its own.
    func run(_ probes: [Probe]) throws {
        _ = try broker.ask(Self.findCoordinator)
        for probe in probes where !probe.wasTriedAgain {
            let client = try broker.connect()
            client.send(frame: names.translated(probe.frame))
            broker.run(atMost: .milliseconds(probe.milliseconds + 300)) {
                !client.frames.isEmpty || client.isOver
            }
            if client.frames.isEmpty, !client.isOver {
                late.append((probe, client))
            } else {
                judge(probe, client)
            }
            late.removeAll { probe, client in
                guard !client.frames.isEmpty || client.isOver else { return false }
                judge(probe, client)
                return true
            }
        }
        for (probe, client) in late { judge(probe, client) }
    }

    /// Clients ask who coordinates group `g` before anything else: its topic is made then.
    private static let findCoordinator: [UInt8] = [
        0, 10, 0, 0, 0, 0, 0, 1, 0, 5, 112, 114, 111, 98, 101, 0, 1, 103,
    ]

    // MARK: Judging

    private func judge(_ probe: Probe, _ client: FrameClient) {
        let found = difference(probe, client)
        client.close()
        guard probe.isRecorded else { return }
        score.count += 1
        if found.codes == nil { score.codes += 1 }
        if found.whole == nil { score.whole += 1 }
        if let miss = found.codes ?? found.whole {
            let kind = found.codes == nil ? "fields" : "CODES"
            score.misses.append("\(kind) \(probe.name) \(probe.api) v\(probe.version): \(miss)")
        }
    }

    private func difference(
        _ probe: Probe, _ client: FrameClient
    ) -> (codes: String?, whole: String?) {
        guard let frame = client.frames.first else {
            let isRight: Bool
            switch probe.outcome {
            case .closed: isRight = client.isOver
            case .none: isRight = !client.isOver
            case .answer: isRight = false
            }
            let miss = isRight ? nil : client.isOver ? "closed" : "no answer"
            return (miss, miss)
        }
        guard case .answer(let expected) = probe.outcome else {
            return ("answered", "answered")
        }
        let kafka = expected.inOrder
        guard let here = Self.decode(frame, probe)?.inOrder.limited(to: kafka) else {
            return ("unreadable", "unreadable")
        }
        names.learn(kafka, here)
        let wanted = names.translated(kafka).inOrder
        let codes =
            here.codes == wanted.codes ? nil : "\(here.codes), expected \(wanted.codes)"
        return (codes, here.difference(from: wanted) ?? codes)
    }

    private static func decode(_ frame: [UInt8], _ probe: Probe) -> ProbeTree? {
        guard let type = MessageTypes.responses.first(where: { "\($0)" == probe.api + "Response" }),
            let number = type.schema.key, let api = APIKey(rawValue: number)
        else { return nil }
        // An answer to a version that nobody speaks comes in version 0.
        var version = probe.version
        if api == .apiVersions, !type.schema.versions.contains(version) { version = 0 }
        var reader = WireReader(frame.rawSpan)
        do {
            _ = try ResponseHeader(
                decoding: &reader, version: api.responseHeaderVersion(for: version))
            return ProbeTree(try type.init(decoding: &reader, version: version))
        } catch {
            return nil
        }
    }
}
