internal import VarveClient
internal import VarveTerms

/// Offsets of partitions at a place that people name, and where those end now.
struct TopicSpan {
    let positions: [Int32: Offset]
    let ends: [Int32: Offset]

    /// The partitions of a topic that a command line names: all of them, where it names none.
    static func places(
        _ topic: String, _ arguments: Arguments, _ client: Client
    ) throws(CommandError) -> [TopicPartition] {
        let layout = try TopicNames.layout(of: topic, client)
        let wanted = arguments[ConsumeCommand.partition].map { Int32(clamping: $0) }
        for partition in wanted where layout[partition: partition] == nil {
            throw .ended(.unusable, absence(of: partition, in: layout))
        }
        return (wanted.isEmpty ? layout.partitions.map(\.index) : wanted)
            .map { TopicPartition(topic, $0) }
    }

    /// What is told of a partition that a topic does not have.
    static func absence(of partition: Int32, in topic: TopicLayout) -> String {
        "topic \(topic.name) has \(topic.partitions.count) partitions, no \(partition)"
    }

    init(
        _ places: [TopicPartition], from start: ReadStart, isolation: Isolation = .uncommitted,
        _ client: Client
    ) throws(CommandError) {
        ends = try Self.offsets(places, .end, isolation, client)
        switch start {
        case .start: positions = try Self.offsets(places, .start, isolation, client)
        case .end: positions = ends
        case .offset(let offset):
            // A partition that is shorter begins at its end, unless all of them are.
            let last = ends.values.max() ?? .zero
            guard offset <= last else {
                throw .ended(
                    .usage, "offset \(offset) is none: the records end before \(last)")
            }
            positions = ends.mapValues { min($0, offset) }
        case .time(let time):
            let found = try cluster { () throws(ClientError) in
                try client.offsets(of: places, .since(time), isolation: isolation)
            }
            positions = found.reduce(into: ends) { positions, found in
                if let offset = found.value { positions[found.key.partition] = offset }
            }
        }
    }

    private static func offsets(
        _ places: [TopicPartition], _ question: OffsetQuestion, _ isolation: Isolation,
        _ client: Client
    ) throws(CommandError) -> [Int32: Offset] {
        let found = try cluster { () throws(ClientError) in
            try client.offsets(of: places, question, isolation: isolation)
        }
        return found.reduce(into: [:]) { $0[$1.key.partition] = $1.value ?? .zero }
    }
}
