public import VarveTerms

/// A partition of a topic, as one share group sees it.
public struct SharePartitionKey: Hashable, Sendable {
    public let group: String
    public let topicID: UniqueID
    public let partition: Int32

    public init(group: String, topicID: UniqueID, partition: Int32) {
        (self.group, self.topicID, self.partition) = (group, topicID, partition)
    }

    /// Reads the form that clients ask FindCoordinator for: `group:topicID:partition`, where the
    /// group may have colons itself.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3, let id = UniqueID(base64: parts[parts.count - 2]),
            let partition = Int32(parts[parts.count - 1]), partition >= 0
        else { return nil }
        let group = parts.dropLast(2).joined(separator: ":")
        guard !group.isEmpty else { return nil }
        self.init(group: group, topicID: id, partition: partition)
    }

    /// Which of the partitions of `__share_group_state` keeps its state: by the hash that Java
    /// gives to the text.
    public func statePartition(count: Int) -> Int32 {
        var hash: Int32 = 0
        for unit in description.utf16 { hash = hash &* 31 &+ Int32(unit) }
        return Int32(Int(hash & Int32.max) % max(1, count))
    }
}

extension SharePartitionKey: CustomStringConvertible {
    public var description: String { "\(group):\(topicID):\(partition)" }
}
