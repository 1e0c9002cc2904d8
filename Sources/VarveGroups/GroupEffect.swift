import VarveTerms

/// What the caller does next. The effects of one coordinator are one stream: an answer leaves
/// only after every record that stands before it in the stream, in this list or an earlier one,
/// is durable; otherwise a crash could take back what a member was told.
public enum GroupEffect: Hashable, Sendable {
    /// Append these records to the coordinator's partition of `__consumer_offsets`, as one batch;
    /// they fit into `GroupSettings.groupRecordSizeMax`.
    case append([GroupRecord])
    /// The same, as a batch of this producer's transaction.
    case appendTransactional([GroupRecord], of: TransactionalProducer)
    /// Answer the request that came with this token; it is forgotten here.
    case answer(RequestToken, GroupAnswer)
}

extension [GroupEffect] {
    /// Appends records in lists that a batch can hold. Only the record of a group must come whole,
    /// and it does; what an answer tells of is durable when the last list before it is.
    mutating func append(_ records: [GroupRecord], in settings: GroupSettings) {
        for list in records.lists(in: settings) { append(.append(list)) }
    }
}

extension [GroupRecord] {
    /// The records in lists that a batch can hold.
    func lists(in settings: GroupSettings) -> [[GroupRecord]] {
        var lists: [[GroupRecord]] = []
        var list: [GroupRecord] = []
        var size = 0
        for record in self {
            let next = record.sizeMax
            if !list.isEmpty, size + next > settings.groupRecordSizeMax.bytes {
                lists.append(list)
                (list, size) = ([], 0)
            }
            list.append(record)
            size += next
        }
        return list.isEmpty ? lists : lists + [list]
    }
}

/// An answer to one of the requests that take a token.
public enum GroupAnswer: Hashable, Sendable {
    case join(JoinAnswer)
    case sync(SyncAnswer)
    /// Nil is success.
    case heartbeat(GroupError?)
    case leave(LeaveAnswer)
    case consumerHeartbeat(ConsumerHeartbeatAnswer)
    case commit(CommitAnswer)
    case deleteOffsets(OffsetDeletionAnswer)
    /// One row for each different group of the request, in its order.
    case deleteGroups([GroupDeletion])
}

/// What became of one group that was to be deleted.
public struct GroupDeletion: Hashable, Sendable {
    public var group: String
    /// Nil: deleted.
    public var error: GroupError?

    public init(group: String, error: GroupError? = nil) {
        (self.group, self.error) = (group, error)
    }
}
