internal import VarveGroups
internal import VarveTransport
internal import VarveWire

/// The parts of answers to deletions that are known before their coordinators have written.
struct PendingDeletions {
    /// DeleteGroups: its groups may have several coordinators.
    var groups: [AnswerSlot: PendingGroupDeletion] = [:]
    /// OffsetDelete, with the rows filled in that need no coordinator.
    var offsets: [AnswerSlot: OffsetDeleteResponse] = [:]
}

/// A DeleteGroups on its way.
struct PendingGroupDeletion {
    /// The different groups of the request, in its order.
    var names: [String]
    /// How many coordinators have not answered.
    var waitingCount: Int
    var codes: [String: ErrorCode] = [:]
}
