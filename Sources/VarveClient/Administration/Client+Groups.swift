internal import VarveWire

/// A group as a list of them tells it.
public struct GroupSummary: Hashable, Sendable {
    public var name: String
    /// `Stable`, `Empty`; empty where the broker is too old to say.
    public var state: String
    /// `classic`, `consumer`, `share`; empty where the broker is too old to say.
    public var type: String
    /// What its members agree on: `consumer`, `connect`.
    public var protocolType: String
}

extension Client {
    /// Asks every broker for the groups that it coordinates, in the order of their names.
    public func groups() throws(ClientError) -> [GroupSummary] {
        try askEveryBroker("groups", ListGroupsRequest(), \.errorCode)
            .flatMap { _, answer in
                answer.groups.map { row in
                    GroupSummary(
                        name: row.groupId, state: row.groupState, type: row.groupType,
                        protocolType: row.protocolType)
                }
            }.sorted { $0.name < $1.name }
    }

    /// Asks for a group's members, of whichever kind the group is.
    /// - Throws: `.refused` with `groupIdNotFound` where no group has the name.
    public func describe(group: String) throws(ClientError) -> GroupLayout {
        var first: ClientError?
        for kind in GroupKind.allCases {
            do throws(ClientError) {
                return try describe(group: group, as: kind)
            } catch {
                switch error {
                case .refused(.groupIdNotFound, _, _), .refused(.unsupportedVersion, _, _),
                    .unsupported:
                    first = first ?? error
                default: throw error
                }
            }
        }
        throw first ?? .refused(.groupIdNotFound, subject: "group \(group)", message: nil)
    }

    private func describe(
        group: String, as kind: GroupKind
    ) throws(ClientError) -> GroupLayout {
        switch kind {
        case .classic:
            let request = DescribeGroupsRequest(groups: [group])
            return try askCoordinator(of: .group(group), request) { answer, _ in
                guard let row = answer.groups.first else { return (nil, .unknownServerError, nil) }
                // Old versions tell of a group that there is not as of a dead one.
                let isDead = row.errorCode == .none && row.groupState == "Dead"
                return (
                    GroupLayout(row), isDead ? .groupIdNotFound : row.errorCode, row.errorMessage
                )
            }
        case .consumer:
            let request = ConsumerGroupDescribeRequest(groupIds: [group])
            return try askCoordinator(of: .group(group), request) { answer, _ in
                guard let row = answer.groups.first else { return (nil, .unknownServerError, nil) }
                return (GroupLayout(row), row.errorCode, row.errorMessage)
            }
        case .share:
            let request = ShareGroupDescribeRequest(groupIds: [group])
            return try askCoordinator(of: .group(group), request) { answer, _ in
                guard let row = answer.groups.first else { return (nil, .unknownServerError, nil) }
                return (GroupLayout(row), row.errorCode, row.errorMessage)
            }
        }
    }

    /// Deletes a group without members, with its offsets.
    public func deleteGroup(_ group: String) throws(ClientError) {
        let request = DeleteGroupsRequest(groupsNames: [group])
        try askCoordinator(of: .group(group), request) { answer, _ in
            ((), answer.results.first?.errorCode ?? .unknownServerError, nil)
        }
    }
}
