internal import VarveLog
internal import VarveSystem
internal import VarveTerms

extension Broker {
    /// Opens the data directories; new ones become those of the node that the settings name.
    static func openDirectories(
        _ settings: BrokerSettings, in surroundings: Surroundings
    ) throws(BrokerError) -> NodeDirectories {
        try attempt { () throws(LogError) in
            try NodeDirectories(
                settings.directories,
                owner: .node(
                    settings.nodeID, cluster: "\(surroundings.randomness.uniqueID())"),
                in: surroundings)
        }
    }

    /// The settings with the id of the node that the directories belong to, unless they name one.
    /// - Throws: `.otherNode` when they name another one.
    static func settled(
        _ settings: BrokerSettings, _ node: NodeDirectories
    ) throws(BrokerError) -> BrokerSettings {
        var settled = settings
        let isNamed = ["node.id", "broker.id"].contains { settings.configs.values[$0] != nil }
        for directory in node.directories {
            guard let found = directory.properties.nodeID, found != settled.nodeID else { continue }
            guard !isNamed else {
                throw .otherNode(path: directory.path, found: found, expected: settled.nodeID)
            }
            settled.nodeID = found
        }
        return settled
    }

    /// Opens the metadata log and reads it.
    /// - Throws: `.metadataMissing` when there is none, but other logs are: whose they are nobody
    ///   could say, and a topic that gets the name of one would put it aside.
    static func openMetadata(
        _ settings: BrokerSettings, _ node: NodeDirectories, in surroundings: Surroundings
    ) throws(BrokerError) -> MetadataLog {
        let keeping = MetadataKeeping(settings.configs)
        let place = try attempt { () throws(LogError) in
            try node.directory(of: MetadataLog.name)
        }
        if place == nil, node.failures.isEmpty, let first = node.logNames.first {
            let stray = try attempt { () throws(LogError) in try node.directory(of: first) }
            throw .metadataMissing(path: stray?.path ?? "", logCount: node.logNames.count)
        }
        let log = try attempt { () throws(LogError) in
            try node.openLog(
                MetadataLog.name, settings: keeping.logSettings, topicID: MetadataLog.topicID)
        }
        return try MetadataLog(
            log, keeping, in: surroundings.fileSystem, at: surroundings.clock.wallClock())
    }
}
