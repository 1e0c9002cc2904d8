/// What administrators ask for.
extension GroupCoordinator {
    /// ListGroups, ordered by name. Empty filters let everything through; case does not matter,
    /// and names of states or types that there are not match nothing.
    ///
    /// It may tell of records that are not durable yet, as `fetchOffsets` may.
    public func list(states: [String] = [], types: [String] = []) -> [GroupListing] {
        let wanted = Set(states.map { $0.lowercased() })
        let isType = types.contains { $0.lowercased() == GroupListing.type }
        guard types.isEmpty || isType else { return [] }
        return groups.values
            .filter { states.isEmpty || wanted.contains($0.state.name.lowercased()) }
            .sorted { $0.id < $1.id }
            .map {
                GroupListing(
                    group: $0.id, protocolType: $0.protocolType ?? "", state: $0.state)
            }
    }

    /// DescribeGroups of one group.
    ///
    /// It may tell of records that are not durable yet, as `fetchOffsets` may.
    /// - Returns: nil when there is no such group: state Dead, and from version 6 on the error
    ///   GROUP_ID_NOT_FOUND.
    public func describe(_ id: String) -> GroupDescription? {
        guard let group = groups[id] else { return nil }
        let name = group.state == .stable ? group.protocolName : nil
        return GroupDescription(
            group: id, state: group.state, protocolType: group.protocolType ?? "",
            protocolName: name ?? "",
            members: group.members.inOrder.map { member in
                MemberDescription(
                    memberID: member.id, instanceID: member.instanceID,
                    clientID: member.clientID, clientHost: member.clientHost,
                    metadata: name == nil ? [] : member.metadata(for: name),
                    assignment: member.assignment)
            })
    }

    /// DeleteGroups: answered at once. Only groups without members are deleted.
    public mutating func deleteGroups(
        _ ids: [String], token: RequestToken, into effects: inout [GroupEffect]
    ) {
        var seen: Set<String> = []
        var records: [GroupRecord] = []
        var rows: [GroupDeletion] = []
        for id in ids where seen.insert(id).inserted {
            let error = refusalToDelete(id)
            rows.append(GroupDeletion(group: id, error: error))
            if error == nil { records += forget(id) }
        }
        effects.append(records, in: settings)
        effects.append(.answer(token, .deleteGroups(rows)))
    }

    private func refusalToDelete(_ id: String) -> GroupError? {
        guard let group = groups[id] else { return .groupIDNotFound }
        return group.state == .empty ? nil : .nonEmptyGroup
    }
}
