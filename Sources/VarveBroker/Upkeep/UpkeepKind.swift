internal import VarveTerms

/// A kind of work that a broker does in the background, the most urgent first.
public enum UpkeepKind: Int, CaseIterable, Hashable, Sendable {
    /// Lets logs go on that a failed flush has stopped, and opens those that could not be opened.
    case recovery
    /// Notes how far logs are flushed, and gives the descriptors of idle ones back.
    case checkpoint
    /// Removes the files of topics that were deleted.
    case removal
    /// Deletes segments by age and size, and forgets producers.
    case retention
    /// Keeps of each key only the latest record.
    case compaction
    /// Reads what nobody reads, so that damage is found while there is another copy.
    case scrub
}

/// Which partition a piece of work is about. A topic that is made again under a name is another.
struct PartitionKey: Hashable, Sendable {
    var topicID: UniqueID
    var index: Int32
}

extension Partition {
    var key: PartitionKey { PartitionKey(topicID: topicID, index: index) }
}
