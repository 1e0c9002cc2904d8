/// Why a group refuses a request, or a row of one.
///
/// The cases bear the names of Kafka's error codes; the numbers stand in the wire protocol only,
/// so whoever encodes answers maps them in one exhaustive switch.
/// *Source*: Kafka's protocol, the codes 12 to 128.
public enum GroupError: Hashable, Sendable, CaseIterable {
    /// UNKNOWN_SERVER_ERROR: the group's record would be larger than a record may be.
    case unknownServerError
    /// UNSUPPORTED_VERSION: members of consumer groups commit with version 9 or above.
    case unsupportedVersion
    /// OFFSET_METADATA_TOO_LARGE
    case offsetMetadataTooLarge
    /// COORDINATOR_NOT_AVAILABLE
    case coordinatorNotAvailable
    /// NOT_COORDINATOR
    case notCoordinator
    /// ILLEGAL_GENERATION
    case illegalGeneration
    /// INCONSISTENT_GROUP_PROTOCOL
    case inconsistentGroupProtocol
    /// INVALID_GROUP_ID
    case invalidGroupID
    /// UNKNOWN_MEMBER_ID
    case unknownMemberID
    /// INVALID_SESSION_TIMEOUT
    case invalidSessionTimeout
    /// REBALANCE_IN_PROGRESS
    case rebalanceInProgress
    /// INVALID_REQUEST: one request names a protocol twice, or more than a member may name.
    case invalidRequest
    /// NON_EMPTY_GROUP
    case nonEmptyGroup
    /// GROUP_ID_NOT_FOUND
    case groupIDNotFound
    /// MEMBER_ID_REQUIRED: join again with the member id of this answer.
    case memberIDRequired
    /// GROUP_MAX_SIZE_REACHED
    case groupMaxSizeReached
    /// FENCED_INSTANCE_ID: another process joined with the same instance id.
    case fencedInstanceID
    /// GROUP_SUBSCRIBED_TO_TOPIC
    case groupSubscribedToTopic
    /// FENCED_MEMBER_EPOCH: the member gives up all that it has, and joins again.
    case fencedMemberEpoch
    /// UNRELEASED_INSTANCE_ID: another member bears this instance id.
    case unreleasedInstanceID
    /// UNSUPPORTED_ASSIGNOR
    case unsupportedAssignor
    /// STALE_MEMBER_EPOCH: try again with the epoch of the next heartbeat.
    case staleMemberEpoch
    /// INVALID_REGULAR_EXPRESSION
    case invalidRegularExpression
}
