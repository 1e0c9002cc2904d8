internal import VarveClient
internal import VarveTerms
internal import VarveTransport

/// What `varve status --bootstrap` shows of a running cluster.
struct BrokerStatus {
    private let layout: ClusterLayout
    private let versions: BrokerVersions

    init(_ client: Client) throws(CommandError) {
        (layout, versions) = try cluster { () throws(ClientError) in
            (try client.topics(), try client.versions())
        }
    }

    private var partitions: [PartitionLayout] { layout.topics.flatMap(\.partitions) }

    /// Partitions that nobody leads: they take nothing and give nothing.
    private var leaderlessCount: Int { partitions.count { $0.leader == nil } }

    /// Partitions of which a replica is not in sync.
    private var behindCount: Int {
        partitions.count { $0.inSync.count < $0.replicas.count }
    }

    var isSound: Bool { leaderlessCount == 0 && behindCount == 0 }

    func print(to console: Console, showsServices: Bool) throws(CommandError) {
        guard !console.isJSON else { return try console.output.line(json) }
        let controller = layout.controller.map { "controller \($0)" } ?? "no controller"
        try console.output.line("cluster \(layout.clusterID ?? "?"), \(controller)")
        try console.output.line(
            "\(layout.topics.count) topics, \(partitions.count) partitions: "
                + "\(leaderlessCount) without a leader, \(behindCount) with replicas behind")
        var brokers = TextTable(["BROKER", "ADDRESS", "RACK", "LEADS"])
        for (id, endpoint) in layout.brokers.sorted(by: { $0.key < $1.key }) {
            brokers.add([
                "\(id)", "\(endpoint)", layout.racks[id] ?? "-",
                "\(partitions.count { $0.leader == id })",
            ])
        }
        try print(brokers, to: console)
        var features = TextTable(["FEATURE", "LEVEL", "SUPPORTED"])
        for feature in versions.features {
            features.add([
                feature.name, feature.level.map { "\($0)" } ?? "-",
                feature.supported.map { "\($0.lowerBound) to \($0.upperBound)" } ?? "-",
            ])
        }
        if !versions.features.isEmpty { try print(features, to: console) }
        guard showsServices else { return }
        var services = TextTable(["KEY", "API", "VERSIONS"])
        for service in versions.services {
            services.add([
                "\(service.key)", service.name ?? "?", "\(service.first) to \(service.last)",
            ])
        }
        try print(services, to: console)
    }

    private func print(_ table: TextTable, to console: Console) throws(CommandError) {
        try console.output.line("")
        for line in table.lines { try console.output.line(line) }
    }

    private var json: JSON {
        [
            "clusterId": layout.clusterID.map { .text($0) } ?? .null,
            "controller": layout.controller.map { .number(Int64($0)) } ?? .null,
            "topics": .count(layout.topics.count), "partitions": .count(partitions.count),
            "leaderless": .count(leaderlessCount), "behind": .count(behindCount),
            "brokers": .list(
                layout.brokers.sorted { $0.key < $1.key }.map { id, endpoint in
                    [
                        "broker": .number(Int64(id)), "address": .text("\(endpoint)"),
                        "rack": layout.racks[id].map { .text($0) } ?? .null,
                    ]
                }),
            "features": .list(
                versions.features.map { feature in
                    [
                        "feature": .text(feature.name),
                        "level": feature.level.map { .number(Int64($0)) } ?? .null,
                    ]
                }),
            "apis": .list(
                versions.services.map { service in
                    [
                        "key": .number(Int64(service.key)),
                        "name": service.name.map { .text($0) } ?? .null,
                        "firstVersion": .number(Int64(service.first)),
                        "lastVersion": .number(Int64(service.last)),
                    ]
                }),
        ]
    }
}
