import Foundation
import VarveBytes
import VarveSim
import VarveTerms
import VarveTesting
import VarveTransport
import VarveWire

/// A broker in memory that is asked what Apache Kafka was asked.
final class ProbeReplay {
    let broker: SimulatedBroker
    /// The producer ids that were given out.
    var producerIDs: Range<Int64> = 0..<0
    private var names = ProbeNames()
    /// All that was sent, as it was sent to Kafka.
    private var sent = Foundation.Data()
    /// Requests that were not answered in the time that Kafka took.
    private var late: [(probe: Probe, client: FrameClient)] = []
    /// The connection of probes that are streams, and how many answers it has given.
    private var streaming: FrameClient?
    private var answerCount = 0
    /// Connections with names, and how many answers each has given.
    private var named: [String: (client: FrameClient, answerCount: Int)] = [:]
    private(set) var score: ProbeScore

    private static let properties = [
        "log.dirs": "/data", "num.network.threads": "3", "num.io.threads": "8",
        "offsets.topic.num.partitions": "4", "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4", "group.initial.rebalance.delay.ms": "300",
        "listeners": "PLAINTEXT://127.0.0.1:9691",
        // Kafka tells members of consumer groups the longest interval at all times.
        "varve.consumer.heartbeat.interval.min.ms": "5000",
    ]

    init() throws {
        let clock = SimulatedClock(wallClock: Timestamp(milliseconds: 1_795_253_504_484))
        broker = try SimulatedBroker(Self.properties, disk: SimulatedDisk(clock: clock))
        let apis = try broker.ask(
            ApiVersionsRequest(), version: 0, for: ApiVersionsResponse.self)
        let keys = Set(apis.apiKeys.map(\.apiKey))
        score = ProbeScore(
            keys: keys,
            served: Set(
                MessageTypes.requests.filter { keys.contains($0.schema.key ?? -1) }
                    .map { String("\($0)".dropLast("Request".count)) }))
    }

    /// Sends the probes one after the other, each on a connection of its own.
    ///
    /// - Parameter knowsGroups: whether somebody asked for a group's coordinator before.
    func run(_ probes: [Probe], knowsGroups: Bool = true) throws {
        if knowsGroups { _ = try broker.ask(Self.findCoordinator) }
        for probe in probes where !probe.wasTriedAgain {
            if probe.isFirstAfterRestart { try restart() }
            // Nobody asks twice in a millisecond.
            broker.advance(by: max(probe.pause, .milliseconds(1)))
            sent.append(contentsOf: probe.frame)
            try alignProducerIDs(with: probe)
            if let stream = probe.stream {
                try send(stream, of: probe)
                continue
            }
            if let name = probe.connection {
                try send(over: name, probe)
                continue
            }
            let client = try broker.connect()
            client.send(frame: names.translated(probe.frame))
            wait(for: client, 1, probe)
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

    /// Kafka raises leaders' epochs at the end and at the start of a node, Varve at the start.
    private func restart() throws {
        for _ in 0..<2 {
            try broker.stop()
            try broker.start()
        }
    }

    private func wait(for client: FrameClient, _ count: Int, _ probe: Probe) {
        broker.run(atMost: .milliseconds(probe.milliseconds + 300)) {
            client.frames.count >= count || client.isOver
        }
    }

    // MARK: Streams

    private func send(_ stream: Probe.Stream, of probe: Probe) throws {
        if !stream.goesOn {
            streaming?.close()
            streaming = try broker.connect()
            answerCount = 0
        }
        guard let client = streaming else { return }
        client.send(raw: names.translated(stream.bytes))
        if stream.endsSending {
            broker.run(atMost: .zero) { client.isSent }
            client.socket.finishWriting()
        }
        wait(for: client, answerCount + 1, probe)
        note(probe, difference(probe, client, answer: answerCount))
        answerCount += 1
    }

    private func send(over name: String, _ probe: Probe) throws {
        let (client, count) = try named[name] ?? (broker.connect(), 0)
        client.send(frame: names.translated(probe.frame))
        wait(for: client, count + 1, probe)
        note(probe, difference(probe, client, answer: count))
        named[name] = probe.closes ? nil : (client, count + 1)
        if probe.closes { client.close() }
    }

    // MARK: Judging

    private func judge(_ probe: Probe, _ client: FrameClient) {
        let found = difference(probe, client, answer: 0)
        client.close()
        note(probe, found)
    }

    private func note(_ probe: Probe, _ found: (codes: String?, whole: String?)) {
        guard probe.isRecorded else { return }
        score.add(probe, codes: found.codes, whole: found.whole)
    }

    private func difference(
        _ probe: Probe, _ client: FrameClient, answer number: Int
    ) -> (codes: String?, whole: String?) {
        guard client.frames.count > number else {
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
        var kafka = expected.inOrder.limited(toAPIs: score.keys)
        guard let answer = Self.decode(client.frames[number], probe)?.inOrder else {
            return ("unreadable", "unreadable")
        }
        kafka = kafka.withoutStrangers(to: answer) { wasSent($0) }
        let here = answer.limited(to: kafka)
        names.learn(kafka, here)
        let wanted = names.translated(kafka).inOrder
        let codes =
            here.codes == wanted.codes ? nil : "\(here.codes), expected \(wanted.codes)"
        return (codes, here.difference(from: wanted) ?? codes)
    }

    /// Whether a request had this text, behind its size in one of the two ways.
    private func wasSent(_ text: String) -> Bool {
        let size = UInt8(clamping: text.utf8.count)
        return [[0, size], [size &+ 1]].contains { prefix in
            sent.range(of: Foundation.Data(prefix + text.utf8)) != nil
        }
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
