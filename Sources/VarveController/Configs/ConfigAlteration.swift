public import VarveMetadata
internal import VarveTerms
public import VarveWire

/// How the properties of one resource change.
public struct ConfigAlteration: Sendable {
    /// What is wanted of one property.
    public struct Wish: Hashable, Sendable {
        public var name: String
        public var operation: Operation?
        public var value: String?

        /// - Parameter operation: nil for a number that no operation has.
        public init(_ name: String, _ operation: Operation?, _ value: String?) {
            self.name = name
            self.operation = operation
            self.value = value
        }
    }

    /// By the numbers of IncrementalAlterConfigs.
    public enum Operation: Int8, Hashable, Sendable {
        case set = 0
        case delete = 1
        /// Adds to a list what it does not hold yet.
        case append = 2
        /// Takes from a list.
        case subtract = 3
    }

    /// What a decision stands on.
    public struct Grounds {
        public var image: ClusterImage
        public var node: Int32
        /// The value in force of a property, from whichever layer it comes.
        public var value: (ConfigResource, String) -> String?

        public init(
            image: ClusterImage, node: Int32, value: @escaping (ConfigResource, String) -> String?
        ) {
            self.image = image
            self.node = node
            self.value = value
        }
    }

    /// In the order in which they are to be written; none when all stays as it is.
    public let records: [ConfigRecord]

    /// Decides on the wishes of one resource.
    ///
    /// - Parameters:
    ///   - number: the number of the resource's kind, as the client sent it.
    ///   - replacesAll: whether properties that no wish names go back to their defaults
    ///     (AlterConfigs).
    /// - Throws: `Refusal`, the first thing that is wrong with the request; then nothing changes.
    public init(
        of number: Int8, _ name: String, _ wishes: [Wish], replacesAll: Bool, on grounds: Grounds
    ) throws(Refusal) {
        try Self.checkShape(of: wishes)
        guard let kind = ConfigResource.Kind(rawValue: number),
            kind != .brokerLogger || !replacesAll
        else { throw Refusal(.invalidRequest, "Unknown resource type \(number)") }
        let resource = ConfigResource(kind, name)
        try Self.checkName(of: resource, on: grounds)
        var values: [(name: String, value: String?)] = []
        for wish in wishes {
            values.append((wish.name, try Self.value(wish, resource, on: grounds)))
        }
        let set = values.compactMap { row in row.value.map { (row.name, $0) } }
        try Self.check(set, of: resource, on: grounds)
        try Self.checkExistence(of: resource, on: grounds)
        try Self.checkRemovals(values.filter { $0.value == nil }.map(\.name), of: resource)
        let present = grounds.image.configs[resource] ?? [:]
        if replacesAll {
            let named = Set(wishes.map(\.name))
            values += present.keys.filter { !named.contains($0) && !Self.stays($0, resource) }
                .sorted().map { ($0, nil) }
        }
        records = values.filter { present[$0.name] != $0.value }.map { row in
            ConfigRecord(
                resourceType: number, resourceName: name, name: row.name, value: row.value)
        }
    }

    // MARK: The request as such

    private static func checkShape(of wishes: [Wish]) throws(Refusal) {
        guard Set(wishes.map(\.name)).count == wishes.count else {
            throw Refusal(.invalidRequest, "Error due to duplicate config keys")
        }
        let empty = wishes.filter { $0.value == nil && $0.operation != .delete }
        guard empty.isEmpty else {
            let names = empty.map(\.name).joined(separator: ",")
            throw Refusal(.invalidRequest, "Null value not supported for : \(names)")
        }
        guard wishes.allSatisfy({ $0.operation != nil }) else {
            throw Refusal(.invalidRequest, "Unknown config operation")
        }
    }

    private static func checkName(
        of resource: ConfigResource, on grounds: Grounds
    ) throws(Refusal) {
        switch resource.kind {
        case .topic where resource.name.isEmpty:
            throw Refusal(.invalidRequest, "Default topic resources are not allowed.")
        case .group where resource.name.isEmpty:
            throw Refusal(.invalidRequest, "Default group resources are not allowed.")
        case .clientMetrics where resource.name.isEmpty:
            throw Refusal(.invalidRequest, "Subscription name can't be empty")
        case .broker where resource.name.isEmpty: break
        case .broker:
            try checkNode(resource.name, on: grounds, "Unexpected broker id, expected")
        case .brokerLogger:
            try checkNode(resource.name, on: grounds, "Unexpected node id. Expected")
        default: break
        }
    }

    private static func checkNode(
        _ name: String, on grounds: Grounds, _ complaint: String
    ) throws(Refusal) {
        guard let node = Int32(name) else {
            throw Refusal(.invalidRequest, "Node id must be an integer, but it is: \(name)")
        }
        guard node == grounds.node else {
            throw Refusal(
                .invalidRequest, "\(complaint) \(grounds.node), but received \(node)")
        }
    }

    private static func checkExistence(
        of resource: ConfigResource, on grounds: Grounds
    ) throws(Refusal) {
        guard resource.kind == .topic else { return }
        if let complaint = TopicName.complaint(about: resource.name) {
            throw Refusal(.invalidTopicException, complaint)
        }
        guard grounds.image[topic: resource.name] != nil else {
            throw Refusal(
                .unknownTopicOrPartition, "The topic '\(resource.name)' does not exist.")
        }
    }

    // MARK: Values

    /// What the property holds after the wish; nil when its default is in force again.
    private static func value(
        _ wish: Wish, _ resource: ConfigResource, on grounds: Grounds
    ) throws(Refusal) -> String? {
        guard let operation = wish.operation, operation != .delete, let given = wish.value else {
            return nil
        }
        guard operation != .set else { return given.trimmed }
        let word = operation == .append ? "APPEND" : "SUBTRACT"
        guard resource.kind != .brokerLogger else {
            throw Refusal(
                .invalidRequest,
                "\(word) operation is not allowed for the BROKER_LOGGER resource")
        }
        guard definition(of: wish.name, in: resource.kind)?.type == .list else {
            throw Refusal(
                .invalidConfig, "Can't \(word) to key \(wish.name) because its type is not LIST.")
        }
        var parts = parts(of: grounds.value(resource, wish.name) ?? "")
        let named = given.isEmpty ? [""] : self.parts(of: given)
        if operation == .append {
            // A wrong part is told by itself.
            if resource.kind == .topic {
                for part in named where !part.isEmpty {
                    _ = try TopicConfigCheck.checked(wish.name, part)
                }
            }
            for part in named where !parts.contains(part) { parts.append(part) }
        } else {
            parts.removeAll { named.contains($0) }
        }
        guard parts.allSatisfy({ !$0.isEmpty }) else {
            throw Refusal(
                .invalidConfig, "Configuration '\(wish.name)' values must not be empty.")
        }
        return parts.joined(separator: ",")
    }

    private static func parts(of list: String) -> [String] {
        list.split(separator: ",", omittingEmptySubsequences: true).map { String($0).trimmed }
    }

    static func definition(
        of name: String, in kind: ConfigResource.Kind
    ) -> ConfigDefinition? {
        switch kind {
        case .topic: ConfigTable.topics[name]
        case .broker: ConfigTable.definition(ofBroker: name)
        case .group: ConfigTable.groups[name]
        case .brokerLogger, .clientMetrics: nil
        }
    }

    private static func check(
        _ values: [(String, String)], of resource: ConfigResource, on grounds: Grounds
    ) throws(Refusal) {
        switch resource.kind {
        case .topic:
            for (name, value) in values { _ = try TopicConfigCheck.checked(name, value) }
            try TopicConfigCheck.checkTogether { name in
                values.first { $0.0 == name }?.1 ?? grounds.value(resource, name)
            }
        case .broker: try BrokerConfigCheck.check(values, of: resource, on: grounds)
        case .group: try GroupConfigCheck.check(values, on: grounds)
        case .brokerLogger:
            guard let first = values.first else { return }
            throw Refusal(.invalidConfig, "Logger \(first.0) does not exist!")
        case .clientMetrics:
            guard let first = values.first else { return }
            throw Refusal(
                .invalidRequest, "Unknown client metrics configuration: \(first.0)")
        }
    }

    private static func checkRemovals(
        _ names: [String], of resource: ConfigResource
    ) throws(Refusal) {
        if resource.kind == .brokerLogger, let first = names.first {
            guard first != "root" else {
                throw Refusal(
                    .invalidRequest, "Removing the log level of the root logger is not allowed")
            }
            throw Refusal(.invalidConfig, "Logger \(first) does not exist!")
        }
        if let name = names.first(where: { stays($0, resource) }) {
            throw Refusal(
                .invalidConfig,
                "Cluster-level \(name) cannot be removed while ELR is enabled.")
        }
    }

    /// Whether a property must keep a value: how many replicas count as enough, in a cluster.
    private static func stays(_ name: String, _ resource: ConfigResource) -> Bool {
        resource == .allBrokers && name == "min.insync.replicas"
    }
}
