internal import VarveController
internal import VarveMetadata

/// The properties that are in force for this broker: what was set for it, then for all brokers,
/// then what it was started with, and the default.
struct BrokerConfigs {
    let image: ClusterImage
    let node: Int32
    let started: StaticConfigs

    /// Every value that was given, the one in force first.
    func candidates(for name: String) -> [ConfigCandidate] {
        var found: [ConfigCandidate] = []
        if let value = image.configs[ConfigResource(.broker, "\(node)")]?[name] {
            found.append(ConfigCandidate(name, value, .broker))
        }
        if let value = image.configs[.allBrokers]?[name] {
            found.append(ConfigCandidate(name, value, .allBrokers))
        }
        if name == "broker.id" || name == "node.id" {
            // One number under two names.
            found.append(ConfigCandidate(name, "\(node)", .started))
        } else if let value = started.values[name] {
            found.append(ConfigCandidate(name, value, .started))
        }
        if let value = StaticConfigs.definition(of: name)?.defaultValue {
            found.append(ConfigCandidate(name, value, .standard))
        }
        return found
    }

    /// The first of the candidates. Requests ask for it, so the others are not looked for.
    func value(of name: String) -> String? {
        let own = ConfigResource(.broker, "\(node)")
        if let value = image.configs[own]?[name] { return value }
        if let value = image.configs[.allBrokers]?[name] { return value }
        // One number under two names.
        if name == "broker.id" || name == "node.id" { return "\(node)" }
        return started.values[name] ?? StaticConfigs.definition(of: name)?.defaultValue
    }
}

/// The properties that are in force for a group: its own, then the broker's.
struct GroupConfigs {
    let group: String
    let broker: BrokerConfigs

    func candidates(for definition: ConfigDefinition) -> [ConfigCandidate] {
        var found: [ConfigCandidate] = []
        if let value = broker.image.configs[ConfigResource(.group, group)]?[definition.name] {
            found.append(ConfigCandidate(definition.name, value, .group))
        }
        if let fallback = definition.fallback {
            found += broker.candidates(for: fallback)
        } else if let value = definition.defaultValue {
            found.append(ConfigCandidate(definition.name, value, .standard))
        }
        return found
    }

    /// The first of the candidates.
    func value(of definition: ConfigDefinition) -> String? {
        let own = broker.image.configs[ConfigResource(.group, group)]?[definition.name]
        if let own { return own }
        guard let fallback = definition.fallback else { return definition.defaultValue }
        return broker.value(of: fallback)
    }
}

/// A value of a property, under which name it was given, and where.
struct ConfigCandidate: Hashable {
    var name: String
    var value: String
    var source: TopicConfigs.Source

    init(_ name: String, _ value: String, _ source: TopicConfigs.Source) {
        self.name = name
        self.value = value
        self.source = source
    }
}

extension Broker {
    var brokerConfigs: BrokerConfigs {
        BrokerConfigs(image: image, node: settings.nodeID, started: settings.configs)
    }

    /// What decisions about properties stand on.
    var configGrounds: ConfigAlteration.Grounds {
        let configs = brokerConfigs
        return ConfigAlteration.Grounds(image: image, node: settings.nodeID) { resource, name in
            switch resource.kind {
            case .topic:
                TopicConfigs(
                    image: configs.image, topic: resource.name, node: configs.node,
                    started: configs.started
                ).value(of: name)
            case .broker: configs.value(of: name)
            default: configs.image.configs[resource]?[name]
            }
        }
    }
}
