public import VarveTerms

/// A row of ListGroups.
public struct ShareGroupListing: Hashable, Sendable {
    /// The protocol type and the group type of share groups.
    public static let type = "share"

    public var group: String
    public var state: ShareGroupState
}

/// ShareGroupDescribe of one group.
public struct ShareGroupDescription: Hashable, Sendable {
    /// One of its members.
    public struct Member: Hashable, Sendable {
        public var id: String
        public var epoch: Int32
        public var profile: ShareMemberProfile
        public var assignment: ShareAssignment
    }

    public var state: ShareGroupState
    public var epoch: Int32
    public var targetEpoch: Int32
    /// In the order of their ids.
    public var members: [Member]
}

/// What administrators ask for. What is told may not be durable yet: it leaves as if it stood at
/// the end of the stream of records.
extension ShareGroupCoordinator {
    /// Whether there is such a share group.
    public func has(_ group: String) -> Bool { groups[group] != nil }

    /// ListGroups, ordered by name. Empty filters let everything through; case does not matter.
    public func list(states: [String] = [], types: [String] = []) -> [ShareGroupListing] {
        let isType = types.contains { $0.lowercased() == ShareGroupListing.type }
        guard types.isEmpty || isType else { return [] }
        let wanted = Set(states.map { $0.lowercased() })
        return groups.values
            .filter { states.isEmpty || wanted.contains($0.state.name.lowercased()) }
            .sorted { $0.id < $1.id }
            .map { ShareGroupListing(group: $0.id, state: $0.state) }
    }

    /// ShareGroupDescribe of one group; nil when there is none.
    public func describe(_ id: String) -> ShareGroupDescription? {
        guard let group = groups[id] else { return nil }
        return ShareGroupDescription(
            state: group.state, epoch: group.epoch.epoch, targetEpoch: group.targetEpoch.epoch,
            members: group.members.keys.sorted().compactMap { member in
                group.members[member].map {
                    .init(
                        id: member, epoch: $0.current.epoch, profile: $0.profile,
                        assignment: $0.current.assignment)
                }
            })
    }

    /// The topics of which a group has states; none when there is no such group.
    public func topics(of id: String) -> ShareGroupTopics {
        groups[id]?.topics ?? ShareGroupTopics()
    }

    /// Why what a group has done cannot be changed just now; nil when it can: members would not
    /// notice.
    public func refusalToChange(_ id: String) -> ShareRefusal? {
        guard groups[id]?.members.isEmpty == false else { return nil }
        return ShareRefusal(.nonEmptyGroup, "The group is not empty.")
    }

    /// AlterShareGroupOffsets: the states of these partitions are to begin anew. A group that there
    /// is not is made.
    ///
    /// - Parameter names: of the topics of the partitions.
    public mutating func alter(
        _ partitions: ShareAssignment, of id: String, named names: [UniqueID: String],
        into records: inout [ShareGroupRecord]
    ) throws(ShareRefusal) -> ShareInitialization {
        guard !id.isEmpty, id.utf8.count <= ShareHeartbeat.nameSizeMax else {
            throw ShareRefusal(.invalidGroupID)
        }
        if let refusal = refusalToChange(id) { throw refusal }
        if groups[id] == nil {
            add(.group(id, ShareGroup(id: id).epoch), to: &records)
        }
        raiseEpoch(of: id, into: &records)
        var topics = groups[id]?.topics ?? ShareGroupTopics()
        for row in partitions.rows {
            let name = names[row.topicID] ?? ""
            topics.initializing[row.topicID, default: .init(name: name, partitions: [])]
                .partitions.formUnion(row.partitions)
        }
        add(.topics(group: id, topics), to: &records)
        return ShareInitialization(
            group: id, stateEpoch: groups[id]?.epoch.epoch ?? 0, partitions: partitions)
    }

    /// The states of these topics are to go, in any case those that a crash left half deleted.
    /// Once that is durable the caller says so with `didDelete`.
    public mutating func beginToDelete(
        _ ids: Set<UniqueID>, of id: String, into records: inout [ShareGroupRecord]
    ) {
        guard var topics = groups[id]?.topics else { return }
        for topic in ids {
            guard let name = (topics.initialized[topic] ?? topics.initializing[topic])?.name
            else { continue }
            topics.initialized[topic] = nil
            topics.initializing[topic] = nil
            topics.deleting[topic] = name
        }
        guard topics != groups[id]?.topics else { return }
        add(.topics(group: id, topics), to: &records)
    }

    /// The states of these topics are gone.
    public mutating func didDelete(
        _ ids: Set<UniqueID>, of id: String, into records: inout [ShareGroupRecord]
    ) {
        guard var topics = groups[id]?.topics else { return }
        for topic in ids { topics.deleting[topic] = nil }
        guard topics != groups[id]?.topics else { return }
        add(.topics(group: id, topics), to: &records)
    }

    /// DeleteGroups of one group, after its states are gone.
    public mutating func delete(
        _ id: String, into records: inout [ShareGroupRecord]
    ) throws(ShareRefusal) {
        guard let group = groups[id] else { throw ShareRefusal(.groupIDNotFound) }
        guard group.members.isEmpty else { throw ShareRefusal(.nonEmptyGroup) }
        for record in group.end { add(record, to: &records) }
        alarms.set(nil, for: id)
    }

    /// The groups with states of a topic, or with what a crash left of them.
    public func groups(with topic: UniqueID) -> [String] {
        groups.values.filter { $0.topics.ids.contains(topic) }.map(\.id).sorted()
    }

    /// The topics of which any group has states, or what a crash left of them.
    public var topicIDs: Set<UniqueID> {
        groups.values.reduce(into: []) { $0.formUnion($1.topics.ids) }
    }
}

extension ShareGroupTopics {
    fileprivate var ids: Set<UniqueID> {
        Set(initializing.keys).union(initialized.keys).union(deleting.keys)
    }
}
