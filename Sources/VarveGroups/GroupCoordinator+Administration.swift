/// What administrators ask for.
extension GroupCoordinator {
    /// ListGroups, ordered by name. Empty filters let everything through; case does not matter,
    /// and names of states or types that there are not match nothing.
    ///
    /// It may tell of records that are not durable yet, as `fetchOffsets` may.
    public func list(states: [String] = [], types: [String] = []) -> [GroupListing] {
        let states = Set(states.map { $0.lowercased() })
        let types = Set(types.map { $0.lowercased() })
        let classic = groups.values.map {
            GroupListing(
                group: $0.id, kind: .classic, protocolType: $0.protocolType ?? "",
                state: $0.state.name)
        }
        let consumers = consumerGroups.values.map {
            GroupListing(
                group: $0.id, kind: .consumer, protocolType: ConsumerSubscription.protocolType,
                state: $0.state.name)
        }
        return (classic + consumers)
            .filter { types.isEmpty || types.contains($0.kind.rawValue) }
            .filter { states.isEmpty || states.contains($0.state.lowercased()) }
            .sorted { $0.group < $1.group }
    }

    /// DescribeGroups of one group.
    ///
    /// It may tell of records that are not durable yet, as `fetchOffsets` may.
    /// - Returns: nil when there is no such classic group: state Dead, and from version 6 on the
    ///   error GROUP_ID_NOT_FOUND.
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
        if let group = consumerGroups[id] { return group.members.isEmpty ? nil : .nonEmptyGroup }
        guard let group = groups[id] else { return .groupIDNotFound }
        return group.state == .empty ? nil : .nonEmptyGroup
    }
}
