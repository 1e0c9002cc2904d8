public import VarveMetadata
public import VarveTerms
internal import VarveWire

/// What becomes of one topic that is to be deleted.
public struct TopicDeletion: Sendable {
    /// As the answer names it.
    public var name: String?
    public var id: UniqueID
    public var outcome: Result<TopicImage, Refusal>

    /// Decides on the topics of a request, which names each or gives its id; one that is meant
    /// more than once is not deleted, and answered once.
    ///
    /// - Parameter isTooLate: whether the client leaves no time for it.
    public static func all(
        _ wanted: [(name: String?, id: UniqueID)], isTooLate: Bool, in image: ClusterImage
    ) -> [TopicDeletion] {
        var deletions: [TopicDeletion] = []
        var places: [Target: Int] = [:]
        for (name, id) in wanted {
            let topic = name.map { image[topic: $0] } ?? image[topic: id]
            let target = topic.map { .known($0.id) } ?? Target.unknown(name, id)
            guard let place = places[target] else {
                places[target] = deletions.count
                deletions.append(TopicDeletion(name, id, topic, isTooLate: isTooLate))
                continue
            }
            deletions[place].refuseToRepeat(name, id, topic)
        }
        return deletions
    }

    private enum Target: Hashable {
        case known(UniqueID)
        case unknown(String?, UniqueID)
    }

    private mutating func refuseToRepeat(_ name: String?, _ id: UniqueID, _ topic: TopicImage?) {
        let complaint: String
        if wasNamed == (name != nil) {
            complaint = wasNamed ? "Duplicate topic name." : "Duplicate topic id."
            (self.name, self.id) = (name, id)
        } else {
            complaint = "The provided topic name maps to an ID that was already supplied."
            self.name = topic?.name
            self.id = topic?.id ?? id
        }
        outcome = .failure(Refusal(.invalidRequest, complaint))
    }

    /// Whether the request gave a name.
    private let wasNamed: Bool

    private init(_ name: String?, _ id: UniqueID, _ topic: TopicImage?, isTooLate: Bool) {
        self.name = name
        self.id = id
        wasNamed = name != nil
        guard name == nil || id == .zero else {
            outcome = .failure(
                Refusal(.invalidRequest, "You may not specify both topic name and topic id."))
            return
        }
        guard name != nil || id != .zero else {
            outcome = .failure(
                Refusal(.invalidRequest, "Neither topic name nor id were specified."))
            return
        }
        guard let topic else {
            outcome = .failure(
                name == nil
                    ? Refusal(.unknownTopicId, "This server does not host this topic ID.")
                    : Refusal(
                        .unknownTopicOrPartition,
                        "This server does not host this topic-partition."))
            return
        }
        guard !isTooLate else {
            outcome = .failure(Refusal(.requestTimedOut, ""))
            return
        }
        self.name = topic.name
        self.id = topic.id
        outcome = .success(topic)
    }
}
