public import VarveLog
public import VarveMetadata
public import VarveTerms
public import VarveTransport

/// Why a broker cannot start, or cannot go on.
public enum BrokerError: Error, Sendable {
    case log(LogError)
    case transport(TransportError)
    /// A record of the metadata log cannot be read, or does not fit those before it.
    case metadata(offset: Offset, MetadataError)
    /// A snapshot of the metadata log is damaged, and without it records are missing.
    case snapshot(path: String, SnapshotDefect)
    /// The metadata log begins at `start`, and no snapshot has what came before.
    case metadataGap(path: String, start: Offset)
    /// The metadata log ends before a snapshot of it does.
    case metadataTooShort(path: String, end: Offset, snapshot: String)
    /// There are logs, and no metadata log that says of which topics.
    case metadataMissing(path: String, logCount: Int)
    /// A partition has replicas on other nodes.
    case otherReplicas(topic: String, nodes: [Int32])
    /// A directory belongs to another node than the settings say.
    case otherNode(path: String, found: Int32, expected: Int32)
}

extension BrokerError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .log(let error): "\(error)"
        case .transport(let error): "\(error)"
        case .metadata(let offset, let error):
            "the metadata log cannot be read at offset \(offset): \(error)"
        case .snapshot(let path, let defect):
            "\(path) is no whole snapshot of the metadata log: \(defect); "
                + "without it records are missing: restore it from a backup"
        case .metadataGap(let path, let start):
            "\(path) begins at offset \(start), and no snapshot in it has what came before; "
                + "restore the file *.checkpoint from a backup"
        case .metadataTooShort(let path, let end, let snapshot):
            "\(path) ends at offset \(end), before its snapshot \(snapshot) does: "
                + "records are missing; restore the directory from a backup"
        case .metadataMissing(let path, let logCount):
            "\(path) holds \(logCount) logs, but \(MetadataLog.name.folder), which says of which "
                + "topics they are, is in none of log.dirs; add the directory that has it "
                + "(metadata.log.dir), or use another directory. One of the ZooKeeper era has to "
                + "be migrated by Apache Kafka 3.9 first"
        case .otherReplicas(let topic, let nodes):
            "topic \(topic) has replicas on \(nodes.count == 1 ? "node" : "nodes") "
                + nodes.map { "\($0)" }.joined(separator: ", ")
                + ", but one node is served alone; have the cluster move everything to this node "
                + "first"
        case .otherNode(let path, let found, let expected):
            "\(path) belongs to node \(found), but node.id is \(expected); "
                + "set node.id=\(found), or use another directory"
        }
    }
}
