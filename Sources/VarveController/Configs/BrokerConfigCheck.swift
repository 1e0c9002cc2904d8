internal import VarveMetadata
internal import VarveWire

/// Whether brokers may have properties with these values while they run.
enum BrokerConfigCheck {
    /// Names that nobody knows are let through: plug-ins of Apache Kafka have some.
    static func check(
        _ values: [(String, String)], of resource: ConfigResource,
        on grounds: ConfigAlteration.Grounds
    ) throws(Refusal) {
        let names = values.map(\.0)
        try refuse(
            names.filter { isFixed($0) },
            "Cannot update these configs dynamically")
        try refuse(
            names.filter { isSecurity($0) },
            "These security configs can be dynamically updated only per-listener using the "
                + "listener prefix")
        for (name, value) in values {
            do throws(ConfigRefusal) {
                try ConfigTable.definition(ofBroker: name)?.check(value)
            } catch {
                throw Refusal(.invalidRequest, error.description)
            }
        }
        guard resource != .allBrokers else {
            return try refuse(
                names.filter { $0.hasPrefix("listener.name.") || perBroker.contains($0) },
                "Cannot update these configs at default cluster level, broker id must be "
                    + "specified")
        }
        for (name, value) in values { try checkThreads(name, value, resource, on: grounds) }
        guard !names.contains("min.insync.replicas") else {
            throw Refusal(
                .invalidConfig,
                "Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
        }
    }

    private static func isFixed(_ name: String) -> Bool {
        ConfigTable.definition(ofBroker: name).map { $0.access != .alterable } ?? false
    }

    private static func refuse(_ names: [String], _ complaint: String) throws(Refusal) {
        guard names.isEmpty else {
            throw Refusal(
                .invalidRequest, "\(complaint): [\(names.sorted().joined(separator: ", "))]")
        }
    }

    private static let perBroker: Set<String> = [
        "listeners", "advertised.listeners", "listener.security.protocol.map", "broker.rack",
    ]

    /// Keys and certificates belong to a listener.
    private static func isSecurity(_ name: String) -> Bool {
        name.hasPrefix("ssl.") || name.hasPrefix("sasl.") || name == "principal.builder.class"
    }

    /// Pools of threads at most double in one step, and at most halve.
    private static func checkThreads(
        _ name: String, _ text: String, _ resource: ConfigResource,
        on grounds: ConfigAlteration.Grounds
    ) throws(Refusal) {
        guard threads.contains(name), let new = Int64(text),
            let present = grounds.value(resource, name).flatMap({ Int64($0) })
        else { return }
        let bound: String
        if new > present * 2 {
            bound = "should not be greater than double the current value \(present)"
        } else if new < present / 2 {
            bound = "should be at least half the current value \(present)"
        } else {
            return
        }
        throw Refusal(
            .invalidRequest,
            "Dynamic thread count update validation failed for \(name)=\(text), value \(bound)")
    }

    private static let threads: Set<String> = [
        "num.io.threads", "num.network.threads", "num.replica.fetchers",
        "num.recovery.threads.per.data.dir", "background.threads", "log.cleaner.threads",
    ]
}

/// Whether a group may have properties with these values.
enum GroupConfigCheck {
    static func check(
        _ values: [(String, String)], on grounds: ConfigAlteration.Grounds
    ) throws(Refusal) {
        for (name, value) in values {
            guard let definition = ConfigTable.groups[name] else {
                throw Refusal(.invalidConfig, "Unknown group config name: \(name)")
            }
            do throws(ConfigRefusal) {
                try definition.check(value)
            } catch {
                throw Refusal(.invalidConfig, error.description)
            }
            if name == "share.auto.offset.reset" { try checkReset(value) }
            if let number = Int64(value) { try checkBounds(name, number, on: grounds) }
        }
    }

    private static func checkReset(_ value: String) throws(Refusal) {
        guard value == "earliest" || value == "latest" || value.hasPrefix("by_duration:P") else {
            throw Refusal(
                .invalidConfig,
                "Invalid value \(value) for configuration share.auto.offset.reset: Invalid value "
                    + "`\(value)` for configuration share.auto.offset.reset. The value must be "
                    + "either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.")
        }
    }

    /// Brokers say how far groups may go: `group.<kind>.min.<rest>` and `.max.`.
    private static func checkBounds(
        _ name: String, _ number: Int64, on grounds: ConfigAlteration.Grounds
    ) throws(Refusal) {
        let parts = name.split(separator: ".")
        guard let kind = parts.first else { return }
        let rest = parts.dropFirst().filter { $0 != "num" }.joined(separator: ".")
        let node = ConfigResource(.broker, "\(grounds.node)")
        for (word, isMin) in [("min", true), ("max", false)] {
            let bound = "group.\(kind).\(word).\(rest)"
            guard let limit = grounds.value(node, bound).flatMap({ Int64($0) }) else { continue }
            guard isMin ? number >= limit : number <= limit else {
                throw Refusal(
                    .invalidConfig,
                    "\(name) must be \(isMin ? "greater" : "less") than or equal to \(bound)")
            }
        }
    }
}
