internal import VarveSystem
public import VarveTransport
public import VarveWire

/// Why a client could not do what it was asked.
public enum ClientError: Error, Hashable, Sendable {
    /// None of these could be connected to; the failure is the first one's.
    case unreachable([Endpoint], SocketFailure)
    /// A broker that the cluster names cannot be connected to.
    case absent(Int32, Endpoint, SocketFailure)
    /// The connection was lost, or the answer did not come, while this was asked.
    case lost(Endpoint, APIKey, SocketFailure)
    /// What came is no answer of Kafka's protocol.
    case malformed(Endpoint, APIKey, reason: String)
    /// The broker and this client have no version of it in common.
    case unsupported(Endpoint, APIKey)
    /// What is asked cannot be told in Kafka's protocol.
    case unspeakable(APIKey, WireError)
    /// The cluster says no, of `subject`: `topic orders`. The message is the broker's.
    case refused(ErrorCode, subject: String, message: String?)
    /// A partition had no leader that answers, for as long as was waited; the last thing that it
    /// said.
    case leaderless(subject: String, ErrorCode)
    /// A record, or a batch that was received, is not lawful.
    case records(subject: String, reason: String)
    /// Somebody asked for the end.
    case stopped
}

extension ClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let endpoints, let failure):
            let places = endpoints.map(\.description).joined(separator: ", ")
            let hint =
                failure == .system(.refusedConnection) ? "; is 'varve serve' running?" : ""
            return "cannot reach \(places): \(Self.text(failure))\(hint)"
        case .absent(let id, let endpoint, let failure):
            return "cannot reach broker \(id) at \(endpoint): \(Self.text(failure))"
        case .lost(let endpoint, let api, let failure):
            return "lost the broker at \(endpoint) during \(api): \(Self.text(failure))"
        case .malformed(let endpoint, let api, let reason):
            return "\(endpoint) answers \(api) with something else: \(reason)"
        case .unsupported(let endpoint, let api):
            return "the broker at \(endpoint) does not speak a version of \(api) known here"
        case .unspeakable(let api, let error): return "\(api) cannot be asked: \(error)"
        case .refused(let code, let subject, let message):
            guard let message, !message.isEmpty else { return "\(subject): \(code.meaning)" }
            return "\(subject): \(message) (\(code))"
        case .leaderless(let subject, let code):
            return "\(subject): no broker took it in time: \(code.meaning)"
        case .records(let subject, let reason): return "\(subject): \(reason)"
        case .stopped: return "stopped"
        }
    }

    private static func text(_ failure: SocketFailure) -> String {
        failure == .system(.refusedConnection) ? "connection refused" : "\(failure)"
    }
}

extension ErrorCode {
    /// Kafka's name, after a few words where those are needed often.
    public var meaning: String {
        switch self {
        case .unknownTopicOrPartition: "there is no such topic or partition (\(self))"
        case .topicAlreadyExists: "it exists already (\(self))"
        case .groupIdNotFound: "there is no such group (\(self))"
        case .transactionalIdNotFound: "nobody has used it (\(self))"
        case .nonEmptyGroup: "the group has members (\(self))"
        case .unknownMemberId, .staleMemberEpoch: "the group has members (\(self))"
        case .groupSubscribedToTopic: "members of the group read the topic (\(self))"
        case .messageTooLarge: "a batch is larger than the topic takes (\(self))"
        case .topicAuthorizationFailed, .groupAuthorizationFailed, .clusterAuthorizationFailed:
            "not allowed (\(self))"
        default: "\(self)"
        }
    }
}

extension SystemError {
    /// ECONNREFUSED: nobody listens there.
    static var refusedConnection: SystemError { SystemError(code: 111) }
}
