public import VarveLog

/// What a broker runs with: typed values of its properties.
public struct BrokerSettings: Hashable, Sendable {
    public var configs: StaticConfigs
    public var nodeID: Int32
    public var listeners: [ListenerAddress]
    /// What clients are told; of each listener that they may use.
    public var advertised: [ListenerAddress]
    public var directories: [String]
    public var flushPolicy: FlushPolicy
    public var rack: String?

    /// - Throws: `SettingsError` for what is given and cannot be.
    public init(_ configs: StaticConfigs) throws(SettingsError) {
        self.configs = configs
        nodeID = try Self.nodeID(configs)
        directories = try Self.directories(configs)
        rack = configs.values["broker.rack"]
        flushPolicy = configs["varve.flush.policy"] == "page-cache" ? .pageCache : .durable
        let controllers = Set(configs.list("controller.listener.names"))
        var listeners: [ListenerAddress] = []
        // Without a word nobody but this machine is served.
        let given =
            configs.values["listeners"] == nil
            ? ["PLAINTEXT://localhost:9092"] : configs.list("listeners")
        for text in given {
            listeners.append(try ListenerAddress(text, in: "listeners"))
        }
        // Controllers of one node talk to themselves: no socket is needed.
        listeners.removeAll { controllers.contains($0.name) }
        guard !listeners.isEmpty else {
            throw .refused(reason: "listeners: at least one that clients can use is needed")
        }
        for listener in listeners { try Self.checkSecurity(of: listener, configs) }
        self.listeners = listeners
        advertised = try Self.advertised(configs, listeners, controllers)
    }

    private static func nodeID(_ configs: StaticConfigs) throws(SettingsError) -> Int32 {
        let given = configs.values["node.id"] ?? configs.values["broker.id"] ?? "1"
        guard let id = Int32(given), id >= 0 else {
            throw .refused(reason: "node.id=\(given): a number from 0 on is needed")
        }
        return id
    }

    private static func directories(_ configs: StaticConfigs) throws(SettingsError) -> [String] {
        let list =
            configs.values["log.dirs"] != nil
            ? configs.list("log.dirs") : [configs.values["log.dir"] ?? "varve-data"]
        guard !list.isEmpty, !list.contains("") else {
            throw .refused(reason: "log.dirs: at least one path is needed")
        }
        return list
    }

    private static func checkSecurity(
        of listener: ListenerAddress, _ configs: StaticConfigs
    ) throws(SettingsError) {
        let map = configs.list("listener.security.protocol.map").map { $0.uppercased() }
        let entry = map.first { $0.hasPrefix(listener.name + ":") }
        let security = entry.map { String($0.dropFirst(listener.name.count + 1)) } ?? listener.name
        guard security == "PLAINTEXT" else {
            throw .unsupported(
                name: "listeners", value: "\(listener)",
                reason: "only PLAINTEXT listeners are there so far")
        }
    }

    private static func advertised(
        _ configs: StaticConfigs, _ listeners: [ListenerAddress], _ controllers: Set<String>
    ) throws(SettingsError) -> [ListenerAddress] {
        var given: [ListenerAddress] = []
        for text in configs.list("advertised.listeners") {
            given.append(try ListenerAddress(text, in: "advertised.listeners"))
        }
        given.removeAll { controllers.contains($0.name) }
        for address in given where !listeners.contains(where: { $0.name == address.name }) {
            throw .refused(
                reason: "advertised.listeners: \(address.name) is none of the listeners")
        }
        return given.isEmpty ? listeners : given
    }
}
