/// Why something of a share group is refused.
///
/// The cases bear the names of Kafka's error codes; the numbers stand in the wire protocol only,
/// so whoever encodes answers maps them in one exhaustive switch.
/// *Source*: KIP-932; Kafka's protocol, the codes −1 to 133.
public enum ShareError: Hashable, Sendable, CaseIterable {
    /// UNKNOWN_TOPIC_OR_PARTITION
    case unknownTopicOrPartition
    /// INVALID_GROUP_ID
    case invalidGroupID
    /// UNKNOWN_MEMBER_ID
    case unknownMemberID
    /// INVALID_REQUEST
    case invalidRequest
    /// NON_EMPTY_GROUP
    case nonEmptyGroup
    /// GROUP_ID_NOT_FOUND
    case groupIDNotFound
    /// FENCED_LEADER_EPOCH
    case fencedLeaderEpoch
    /// GROUP_MAX_SIZE_REACHED
    case groupMaxSizeReached
    /// FENCED_MEMBER_EPOCH
    case fencedMemberEpoch
    /// INVALID_RECORD_STATE
    case invalidRecordState
    /// SHARE_SESSION_NOT_FOUND
    case shareSessionNotFound
    /// INVALID_SHARE_SESSION_EPOCH
    case invalidShareSessionEpoch
    /// FENCED_STATE_EPOCH
    case fencedStateEpoch
    /// SHARE_SESSION_LIMIT_REACHED
    case shareSessionLimitReached
}

/// A refusal, with the words for whoever reads the client's log.
public struct ShareRefusal: Error, Hashable {
    public var error: ShareError
    /// Nil where the error says it all.
    public var message: String?

    public init(_ error: ShareError, _ message: String? = nil) {
        (self.error, self.message) = (error, message)
    }
}
