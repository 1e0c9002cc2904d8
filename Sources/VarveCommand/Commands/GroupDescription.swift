internal import VarveClient
internal import VarveTerms

/// `varve groups describe`: where a group stands, and who is in it.
struct GroupDescription {
    static let command = Command(
        "groups describe", "show where a group stands in each partition, and who reads it",
        paragraphs: [
            "OFFSET is what the group has committed; of a share group the first record that it is "
                + "not done with. LAG is how many records lie between that and the end. A share "
                + "group has several members for one partition: --members shows them.",
            "EPOCH and TARGET tell of the consumer and share kinds how far a member is, and what "
                + "it is to have where it does not have that yet.",
        ],
        positionals: [GroupsCommands.group], options: ClusterPlace.options + [members],
        examples: [
            .init("varve groups describe readers", "A line for each partition."),
            .init("varve groups describe readers --members", "A line for each member."),
        ], exitCodes: ClusterPlace.exitCodes, run: run)

    private static let members = Switch("members", "show the members in place of the partitions")

    private let name: String
    private let layout: GroupLayout
    private let rows: [GroupRow]

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let (console, arguments) = (invocation.console, invocation.arguments)
        let client = invocation.makeClient()
        let description = try GroupDescription(of: arguments.positionals[0], client)
        guard !console.isJSON else {
            try console.output.line(description.json)
            return .done
        }
        try console.output.line(description.title)
        let table = arguments[members] ? description.memberTable : description.partitionTable
        try table?.print(to: console, indent: "  ")
        return .done
    }

    private init(of name: String, _ client: Client) throws(CommandError) {
        let layout = try GroupsCommands.layout(of: name, client)
        var owners: [TopicPartition: GroupMember] = [:]
        for member in layout.members where layout.kind != .share {
            for partition in member.partitions { owners[partition] = member }
        }
        rows = try cluster { () throws(ClientError) in
            let standings =
                layout.kind == .share
                ? try client.shareStandings(of: name)
                : try client.committedOffsets(of: name).mapValues { ShareStanding(start: $0) }
            let places = Set(standings.keys).union(layout.members.flatMap(\.partitions))
            let ends = try Self.existingEnds(of: places, client)
            return places.sorted().map { place in
                GroupRow(
                    place: place, standing: standings[place], end: ends[place] ?? nil,
                    owner: owners[place])
            }
        }
        (self.name, self.layout) = (name, layout)
    }

    /// The ends of those partitions that there still are.
    private static func existingEnds(
        of places: Set<TopicPartition>, _ client: Client
    ) throws(ClientError) -> [TopicPartition: Offset?] {
        let layout = try client.topics()
        let led = places.filter { layout[topic: $0.topic]?[partition: $0.partition]?.leader != nil }
        return try client.offsets(of: led.sorted(), .end)
    }

    // MARK: Showing

    private var title: String {
        var parts = ["\(name): \(layout.state)", layout.kind.rawValue]
        parts.append(layout.members.count == 1 ? "1 member" : "\(layout.members.count) members")
        if !layout.assignor.isEmpty { parts.append(layout.assignor) }
        if let epoch = layout.epoch { parts.append("epoch \(epoch)") }
        if let epoch = layout.assignmentEpoch { parts.append("assignment epoch \(epoch)") }
        return parts.joined(separator: ", ")
    }

    private var partitionTable: TextTable? {
        guard !rows.isEmpty else { return nil }
        let heads = ["TOPIC", "PARTITION", "OFFSET", "END", "LAG"]
        let isShared = layout.kind == .share
        var table = TextTable(isShared ? heads : heads + ["CLIENT", "HOST", "MEMBER"])
        for row in rows { table.add(isShared ? Array(row.cells.prefix(heads.count)) : row.cells) }
        return table
    }

    private var memberTable: TextTable? {
        guard !layout.members.isEmpty else { return nil }
        var table = TextTable([
            "MEMBER", "INSTANCE", "CLIENT", "HOST", "EPOCH", "PARTITIONS", "TARGET",
        ])
        for member in layout.members {
            let target = member.target == member.partitions ? nil : member.target
            table.add([
                member.id, cell(member.instance), cell(member.clientID), cell(member.host),
                cell(member.epoch), Self.list(member.partitions), target.map(Self.list) ?? "-",
            ])
        }
        return table
    }

    /// `orders:0,1,2 prices:4`; a dash for none.
    private static func list(_ partitions: [TopicPartition]) -> String {
        let byTopic = Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }
        let parts = byTopic.map { topic, partitions in
            topic + ":" + partitions.map { "\($0.partition)" }.joined(separator: ",")
        }
        return cell(parts.joined(separator: " "))
    }

    private var json: JSON {
        [
            "group": .text(name), "kind": .text(layout.kind.rawValue), "state": .text(layout.state),
            "assignor": .text(layout.assignor), "epoch": .number(ifAny: layout.epoch),
            "assignmentEpoch": .number(ifAny: layout.assignmentEpoch),
            "members": .list(layout.members.map(\.json)), "partitions": .list(rows.map(\.json)),
        ]
    }
}

/// One partition, as `groups describe` shows it.
private struct GroupRow {
    var place: TopicPartition
    var standing: ShareStanding?
    var end: Offset?
    var owner: GroupMember?

    private var lag: Int64? {
        if let told = standing?.lag { return told }
        guard let offset = standing?.start, let end else { return nil }
        return max(0, end.rawValue - offset.rawValue)
    }

    var cells: [String] {
        [
            place.topic, "\(place.partition)", cell(standing?.start), cell(end), cell(lag),
            cell(owner?.clientID), cell(owner?.host), cell(owner?.id),
        ]
    }

    var json: JSON {
        [
            "topic": .text(place.topic), "partition": .number(Int64(place.partition)),
            "offset": .number(ifAny: standing?.start?.rawValue),
            "endOffset": .number(ifAny: end?.rawValue), "lag": .number(ifAny: lag),
            "client": .text(ifAny: owner?.clientID), "host": .text(ifAny: owner?.host),
            "member": .text(ifAny: owner?.id),
        ]
    }
}

extension GroupMember {
    fileprivate var json: JSON {
        [
            "member": .text(id), "instance": .text(ifAny: instance), "client": .text(clientID),
            "host": .text(host), "epoch": .number(ifAny: epoch),
            "partitions": .list(partitions.map(\.json)),
            "target": target.map { .list($0.map(\.json)) } ?? .null,
        ]
    }
}
