internal import VarveTerms
internal import VarveWire

/// What a fetch asks for, once its session has been asked.
struct FetchPlan {
    /// What the fetch is to a session.
    enum Standing: Hashable {
        /// Nothing is remembered of it.
        case alone
        /// A session begins with its answer.
        case opens(isPrivileged: Bool)
        /// It goes on with a session, in this epoch of it.
        case continues(id: Int32, epoch: Int32)
    }

    var standing: Standing
    var usesIDs: Bool
    /// Each partition once, in the order in which they are read.
    var fetches: [PartitionFetch]
}

/// Why a fetch is refused for its session.
enum FetchSessionError: Error, Hashable {
    /// There is no session with this id: it was closed, or had to make room.
    case unknown
    /// The request is not the one that comes next.
    case epoch
    /// The session names topics the other way, by id or by name.
    case topicIDs

    var code: ErrorCode {
        switch self {
        case .unknown: .fetchSessionIdNotFound
        case .epoch: .invalidFetchSessionEpoch
        case .topicIDs: .fetchSessionTopicIdError
        }
    }
}

extension FetchRequest {
    static let epochOfFirst: Int32 = 0
    /// Closes the session, and begins none.
    static let epochOfLast: Int32 = -1

    /// Whether it names everything that it wants, and not only what changes.
    var isFull: Bool { sessionEpoch == Self.epochOfFirst || sessionEpoch == Self.epochOfLast }

    /// Whether it comes from a broker that keeps a copy.
    var isFromReplica: Bool { replicaId >= 0 || replicaState.replicaId >= 0 }

    /// What it asks for. A partition that is named twice is what its last row says, in the place
    /// of the first.
    func fetches(usesIDs: Bool, _ nameOf: (UniqueID) -> String?) -> [PartitionFetch] {
        var fetches: [PartitionFetch] = []
        fetches.reserveCapacity(topics.reduce(0) { $0 + $1.partitions.count })
        var places = PlaceTable<FetchKey>()
        for topic in topics {
            let name = usesIDs ? nameOf(topic.topicId) : topic.topic
            for wanted in topic.partitions {
                let fetch = PartitionFetch(wanted, of: topic, usesIDs: usesIDs, name: name)
                let known = places.place(of: fetch.key, among: fetches.count) { fetches[$0].key }
                if let known { fetches[known] = fetch } else { fetches.append(fetch) }
            }
        }
        return fetches
    }

    func forEachForgotten(usesIDs: Bool, _ body: (FetchKey) -> Void) {
        for topic in forgottenTopicsData {
            for partition in topic.partitions {
                body(
                    FetchKey(
                        topicID: usesIDs ? topic.topicId : .zero,
                        topicName: usesIDs ? "" : topic.topic, partition: partition))
            }
        }
    }
}
