internal import VarveSim
internal import VarveSystem
internal import VarveTerms
internal import VarveTesting
internal import VarveTransport
internal import VarveWire

/// A broker in memory with something in it, the same for every input.
struct BrokerScene {
    let broker: SimulatedBroker

    static let topics = ["pr-a", "fe-a"]

    /// Small segments, because a simulated mapping takes the memory of the whole file.
    private static let properties = [
        "num.partitions": "2", "log.segment.bytes": "1048576",
        "metadata.log.segment.bytes": "8388608",
        "offsets.topic.segment.bytes": "1048576",
        "transaction.state.log.segment.bytes": "1048576",
        "share.coordinator.state.topic.segment.bytes": "1048576",
    ]

    /// What the broker says it serves.
    static let served: [(api: APIKey, versions: ClosedRange<Int16>)] = {
        guard let broker = try? SimulatedBroker(),
            let answer = try? broker.ask(
                ApiVersionsRequest(), version: 0, for: ApiVersionsResponse.self)
        else { return [] }
        return answer.apiKeys.compactMap { row in
            guard let api = APIKey(rawValue: row.apiKey), row.minVersion <= row.maxVersion else {
                return nil
            }
            return (api, row.minVersion...row.maxVersion)
        }
    }()

    /// The calls that made what every scene begins with, and the ids of its topics.
    private static let beginning: (trace: DiskTrace, ids: [String: UniqueID])? = {
        let disk = SimulatedDisk()
        guard let broker = try? SimulatedBroker(properties, disk: disk) else { return nil }
        for topic in topics {
            let records: [TestRecord] = [TestRecord(key: "a", "1"), TestRecord(key: "b", "2")]
            guard (try? broker.append(records, to: topic)) != nil else { return nil }
        }
        guard
            let answer = try? broker.ask(
                MetadataRequest(), version: 12, for: MetadataResponse.self),
            (try? broker.stop()) != nil
        else { return nil }
        let ids = answer.topics.compactMap { topic in topic.name.map { ($0, topic.topicId) } }
        return (disk.trace, Dictionary(ids) { $1 })
    }()

    /// The id that a topic has in every scene.
    static func id(of topic: String) -> UniqueID? { beginning?.ids[topic] }

    init() throws(FuzzFailure) {
        guard let beginning = Self.beginning else { throw FuzzFailure("there is no scene") }
        do throws(TestBrokerError) {
            // A clock of its own: time that one input lets pass is none of the next one's.
            broker = try SimulatedBroker(
                Self.properties,
                disk: SimulatedDisk(replaying: beginning.trace).processDeath(), seed: 2)
        } catch {
            throw FuzzFailure("the scene does not start: \(error)")
        }
    }

    func connect() throws(FuzzFailure) -> FrameClient {
        do throws(TestBrokerError) {
            return try broker.connect()
        } catch {
            throw FuzzFailure("nobody listens: \(error)")
        }
    }

    /// Whether the broker is as good for others as before: it gives memory back, answers plain
    /// requests, starts again after a kill, and ends in order.
    func checkOthers() throws(FuzzFailure) {
        broker.run(atMost: .zero) { false }
        let held = broker.loop?.ledger.memory.used ?? .zero
        try expect(held == .zero, "\(held) stay charged for requests")
        try checkPlainRequests()
        broker.kill()
        do throws(TestBrokerError) {
            try broker.start()
        } catch {
            throw FuzzFailure("it does not start again: \(error)")
        }
        try checkPlainRequests()
        do throws(TestBrokerError) {
            try broker.stop()
        } catch {
            throw FuzzFailure("it does not end in order: \(error)")
        }
    }

    private func checkPlainRequests() throws(FuzzFailure) {
        do throws(TestBrokerError) {
            let apis = try broker.ask(
                ApiVersionsRequest(), version: 0, for: ApiVersionsResponse.self)
            try Self.check(apis.errorCode)
            var request = MetadataRequest()
            request.topics = nil
            _ = try broker.ask(request, version: 12, for: MetadataResponse.self)
        } catch {
            throw FuzzFailure("a plain request is not served: \(error)")
        }
    }

    private static func check(_ code: ErrorCode) throws(TestBrokerError) {
        guard code == ErrorCode.none else { throw .refused(code) }
    }
}
