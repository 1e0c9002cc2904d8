import VarveTerms
import VarveWire

/// Makes a topic and deletes it, again and again.
final class TopicMaker: Member {
    private enum Stage { case unknown, there, gone }

    private let topic: String
    private var stage = Stage.unknown

    override init(_ world: ScheduleWorld, _ topic: String) {
        self.topic = topic
        super.init(world, "maker of \(topic)")
    }

    override var isSettled: Bool { if case .there = stage { true } else { false } }
    override var complaint: String { "\(stage)" }

    override func act() {
        sleep(200, 3000)
        guard line.isIdle else { return }
        if world.percent(40) || (world.isCalm && isSettled) { return list() }
        switch stage {
        case .unknown: world.percent(50) ? make() : delete()
        case .there: delete()
        case .gone: make()
        }
    }

    private func make() {
        world.topics.change(topic)
        let request = CreateTopicsRequest(
            topics: [.init(name: topic, numPartitions: 2, replicationFactor: 1)], timeoutMs: 1000)
        line.ask(request, 7, for: CreateTopicsResponse.self) { [self] reply in
            guard let row = reply?.message.topics.first else {
                stage = .unknown
                return
            }
            switch row.errorCode {
            case .none:
                stage = .there
                world.count("topics made")
                world.take(world.topics.made(topic, row.topicId, at: world.now))
            case .topicAlreadyExists:
                // A request that was lost made it.
                guard case .unknown = stage else { return fail("is there already") }
            case let code where code.isPassing: stage = .unknown
            case let code: fail("\(code)")
            }
        }
    }

    private func delete() {
        world.topics.change(topic)
        let request = DeleteTopicsRequest(topics: [.init(name: topic)], timeoutMs: 1000)
        line.ask(request, 6, for: DeleteTopicsResponse.self) { [self] reply in
            guard let row = reply?.message.responses.first else {
                stage = .unknown
                return
            }
            switch row.errorCode {
            case .none:
                stage = .gone
                world.count("topics deleted")
                world.topics.deleted(topic, at: world.now)
            case .unknownTopicOrPartition:
                guard case .unknown = stage else { return fail("is gone already") }
            case let code where code.isPassing: stage = .unknown
            case let code: fail("\(code)")
            }
        }
    }

    private func list() {
        line.ask(MetadataRequest(topics: nil), 12, for: MetadataResponse.self) { [self] reply in
            guard let reply else { return }
            let topics = reply.message.topics.map { ($0.name ?? "", $0.topicId) }
            world.take(
                world.topics.listed(
                    Dictionary(topics) { first, _ in first }, asked: reply.sentAt))
        }
    }
}
