public import VarveTerms

/// The file that says whose a data directory is: of which cluster, of which node, and which of the
/// node's directories.
///
/// Properties that are unknown here are kept in `others` and written back; comments are not.
///
/// *Source*: KIP-631, KIP-858, docs/formats/meta-properties.md.
public struct MetaProperties: WholeFileContent {
    public static let fileName = "meta.properties"

    /// Six short lines take 150 bytes; the rest is room for properties that are unknown here.
    public static let sizeMax = ByteCount.kib(64)

    /// Who owns the directory, in the two forms that Kafka has had.
    public enum Owner: Hashable, Sendable {
        /// Version 1: a node of a KRaft cluster.
        case node(Int32, cluster: String)
        /// Version 0: a broker of the ZooKeeper era, before it perhaps had a number or a cluster.
        case broker(Int32?, cluster: String?)
    }

    public let owner: Owner
    /// Which directory of the node it is; nil before it was given an id (KIP-858).
    public let directoryID: UniqueID?
    /// What else stands in the file.
    public let others: [String: String]

    /// - Precondition: ids are not negative, and `others` names nothing that the other two say.
    public init(_ owner: Owner, directoryID: UniqueID?, others: [String: String] = [:]) {
        self.owner = owner
        self.directoryID = directoryID
        self.others = others
        precondition((nodeID ?? 0) >= 0, "id \(nodeID ?? 0) is negative")
        for key in keys { precondition(others[key] == nil, "\(key) among the other properties") }
    }

    public var version: Int32 {
        switch owner {
        case .node: 1
        case .broker: 0
        }
    }

    /// The id of the node, or of the broker.
    public var nodeID: Int32? {
        switch owner {
        case .node(let id, cluster: _): id
        case .broker(let id, cluster: _): id
        }
    }

    public var clusterID: String? {
        switch owner {
        case .node(_, let cluster): cluster
        case .broker(_, let cluster): cluster
        }
    }

    private enum Key {
        static let version = "version"
        static let cluster = "cluster.id"
        static let directory = "directory.id"
        static let node = "node.id"
        static let broker = "broker.id"
    }

    /// The keys that this version gives a meaning.
    private var keys: [String] {
        [Key.version, Key.cluster, Key.directory, version == 0 ? Key.broker : Key.node]
    }

    /// Reads the content of the file. Without a version it is 0, as in Kafka.
    public init(parsing bytes: [UInt8]) throws(CheckpointDefect) {
        var properties: [String: JavaProperties.Property] = [:]
        for property in try JavaProperties.parse(bytes) { properties[property.key] = property }
        var lines = TextLines(bytes)
        while lines.next() != nil {}
        let end = lines.number + 1

        let version = properties.removeValue(forKey: Key.version)
        let cluster = properties.removeValue(forKey: Key.cluster)
        switch try version.map(Self.number) ?? 0 {
        case 0:
            let id = try properties.removeValue(forKey: Key.broker).map(Self.id)
            owner = .broker(id, cluster: cluster?.value)
        case 1:
            guard let id = try properties.removeValue(forKey: Key.node).map(Self.id) else {
                throw CheckpointDefect(line: end, .missing(name: Key.node))
            }
            guard let cluster else {
                throw CheckpointDefect(line: end, .missing(name: Key.cluster))
            }
            owner = .node(id, cluster: cluster.value)
        case let number:
            throw CheckpointDefect(
                line: version?.line ?? end, .version(found: "\(number)", expected: "0 or 1"))
        }
        directoryID = try properties.removeValue(forKey: Key.directory).map(Self.uniqueID)
        others = properties.mapValues(\.value)
    }

    private static func number(
        _ property: JavaProperties.Property
    ) throws(CheckpointDefect) -> Int32 {
        guard let number = Int32(decimal: Array(property.value.utf8)[...]) else {
            throw defect(property, "a number")
        }
        return number
    }

    private static func id(_ property: JavaProperties.Property) throws(CheckpointDefect) -> Int32 {
        let number = try number(property)
        guard number >= 0 else { throw defect(property, "0 to \(Int32.max)") }
        return number
    }

    private static func uniqueID(
        _ property: JavaProperties.Property
    ) throws(CheckpointDefect) -> UniqueID {
        guard let id = UniqueID(base64: property.value) else {
            throw defect(property, "22 letters of base64")
        }
        return id
    }

    private static func defect(
        _ property: JavaProperties.Property, _ expected: String
    ) -> CheckpointDefect {
        let found = CheckpointDefect.excerpt(property.value.utf8)
        return CheckpointDefect(
            line: property.line, .field(name: property.key, found: found, expected: expected))
    }

    /// In the order in which Kafka's own files have them; what else there is follows by key.
    public func printed() -> [UInt8] {
        var text = ""
        if let nodeID {
            text += JavaProperties.printed(
                key: version == 0 ? Key.broker : Key.node, value: "\(nodeID)")
        }
        if let directoryID {
            text += JavaProperties.printed(key: Key.directory, value: "\(directoryID)")
        }
        text += JavaProperties.printed(key: Key.version, value: "\(version)")
        if let clusterID { text += JavaProperties.printed(key: Key.cluster, value: clusterID) }
        for (key, value) in others.sorted(by: { $0.key < $1.key }) {
            text += JavaProperties.printed(key: key, value: value)
        }
        return Array(text.utf8)
    }
}
