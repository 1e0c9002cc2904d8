/// Why a group refuses a request, or a row of one.
///
/// The cases bear the names of Kafka's error codes; the numbers stand in the wire protocol only,
/// so whoever encodes answers maps them in one exhaustive switch.
/// *Source*: Kafka's protocol, the codes 12 to 88.
public enum GroupError: Hashable, Sendable, CaseIterable {
    /// UNKNOWN_SERVER_ERROR: the group's record would be larger than a record may be.
    case unknownServerError
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
}
