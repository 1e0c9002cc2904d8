internal import VarveGroups
internal import VarveMetadata
internal import VarveShares
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// Who is in share groups.
extension Broker {
    // MARK: ShareGroupHeartbeat

    func shareGroupHeartbeat(
        _ request: ShareGroupHeartbeatRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        let beat = ShareHeartbeat(
            group: request.groupId, member: request.memberId, epoch: request.memberEpoch,
            rackID: request.rackId, topics: request.subscribedTopicNames,
            clientID: context.clientID ?? "", clientHost: context.clientHost)
        var work = ShareWork(context)
        var response = ShareGroupHeartbeatResponse()
        do throws(ShareTrouble) {
            let (answer, needed) = try take(beat, context, on: loop, &work)
            response.memberId = beat.member
            response.memberEpoch = answer.epoch
            response.heartbeatIntervalMs = Int32(
                clamping: Int64((answer.interval ?? .zero) / .milliseconds(1)))
            response.assignment = answer.assignment.map { assignment in
                .init(
                    topicPartitions: assignment.rows.map {
                        .init(topicId: $0.topicID, partitions: $0.partitions)
                    })
            }
            if let needed { try initialize(needed, &work) }
        } catch {
            response = .init(errorCode: error.code, errorMessage: error.message)
        }
        self.answer(response, after: work, to: context) {
            $0 = .init(errorCode: .coordinatorNotAvailable)
        }
    }

    private func take(
        _ beat: ShareHeartbeat, _ context: RequestContext, on loop: EventLoop,
        _ work: inout ShareWork
    ) throws(ShareTrouble) -> (ShareHeartbeatAnswer, ShareInitialization?) {
        guard
            beat.group.isEmpty || hasShareGroup(beat.group) || beat.epoch != 0
                || !hasOtherGroup(beat.group, context, on: loop)
        else {
            throw ShareTrouble(.groupIDNotFound, "Group \(beat.group) is not a share group.")
        }
        let grounds = ShareGroupCoordinator.Grounds(
            now: work.now, wallClock: work.wallClock,
            settings: shareConfigs(of: beat.group).settings
        ) { name in
            self.image[topic: name].map {
                ShareTopic(id: $0.id, partitionCount: Int32(clamping: $0.partitions.count))
            }
        }
        return try withShareGroups(of: beat.group, &work) { groups, records throws(ShareRefusal) in
            try groups.heartbeat(beat, grounds, into: &records)
        }
    }

    /// Whether a group of another kind has this name.
    func hasOtherGroup(
        _ name: String, _ context: RequestContext, on loop: EventLoop
    ) -> Bool {
        guard image[topic: GroupHost.topic] != nil else { return false }
        var isThere = false
        var unused: RequestToken?
        _ = withCoordinator(of: name, context, on: loop) { coordinator, token, _, _ in
            isThere = coordinator.kind(of: name) != nil
            unused = token
        }
        if let unused { _ = groups.context(of: unused) }
        return isThere
    }

    // MARK: States

    /// Makes the states that a group needs; its partitions can be assigned once they are durable.
    private func initialize(
        _ needed: ShareInitialization, _ work: inout ShareWork
    ) throws(ShareTrouble) {
        let now = work.wallClock
        var made = ShareWork(work.now, now)
        for place in needed.partitions.partitions {
            let key = SharePartitionKey(
                group: needed.group, topicID: place.topicID, partition: place.index)
            try withShareStates(of: key, &made) { states, records throws(ShareRefusal) in
                // A crash may have come between the state and the group's word of it.
                let old = states.summary(of: key)?.stateEpoch ?? -1
                guard old < needed.stateEpoch else { return }
                try states.initialize(
                    key, stateEpoch: needed.stateEpoch, start: nil, at: now,
                    into: &records)
                shares.forget(key)
            }
        }
        work.logs += made.logs
        let logs = work
        afterFlush.append { _ in
            guard !logs.isLost else { return }
            var work = ShareWork(logs.now, logs.wallClock)
            // Without it the next heartbeat asks once more.
            try? self.withShareGroups(of: needed.group, &work) { groups, records in
                groups.didInitialize(needed.partitions, of: needed.group, into: &records)
            }
        }
    }

    // MARK: Telling

    func shareGroupDescribe(
        _ request: ShareGroupDescribeRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var work = ShareWork(context)
        var response = ShareGroupDescribeResponse()
        for name in request.groupIds {
            var row = describe(shareGroup: name, &work)
            if request.includeAuthorizedOperations, row.errorCode == .none {
                row.authorizedOperations = AuthorizedOperations.group
            }
            response.groups.append(row)
        }
        answer(response, after: work, to: context) { response in
            for place in response.groups.indices {
                let name = response.groups[place].groupId
                response.groups[place] = .init(errorCode: .coordinatorNotAvailable, groupId: name)
            }
        }
    }

    private func describe(
        shareGroup name: String, _ work: inout ShareWork
    ) -> ShareGroupDescribeResponse.DescribedGroup {
        typealias Row = ShareGroupDescribeResponse.DescribedGroup
        guard !name.isEmpty else { return Row(errorCode: .invalidGroupId, groupId: name) }
        let found: ShareGroupDescription?
        do throws(ShareTrouble) {
            found = try withShareGroups(of: name, &work) { groups, _ in groups.describe(name) }
        } catch {
            return Row(errorCode: error.code, groupId: name)
        }
        guard let found else {
            return Row(
                errorCode: .groupIdNotFound, errorMessage: "Group \(name) not found.",
                groupId: name)
        }
        var row = Row(groupId: name)
        row.groupState = found.state.name
        row.groupEpoch = found.epoch
        row.assignmentEpoch = found.targetEpoch
        row.assignorName = "simple"
        row.members = found.members.map { member in
            .init(
                memberId: member.id, rackId: member.profile.rackID, memberEpoch: member.epoch,
                clientId: member.profile.clientID, clientHost: member.profile.clientHost,
                subscribedTopicNames: member.profile.topics,
                assignment: .init(
                    topicPartitions: member.assignment.rows.map {
                        .init(
                            topicId: $0.topicID, topicName: partitions.name(of: $0.topicID) ?? "",
                            partitions: $0.partitions)
                    }))
        }
        return row
    }

    /// The rows of ListGroups that share groups have.
    func listShareGroups(
        _ request: ListGroupsRequest, _ context: RequestContext
    ) -> [ListGroupsResponse.ListedGroup] {
        var work = ShareWork(context)
        var rows: [ListGroupsResponse.ListedGroup] = []
        for partition in partitions.partitions(of: GroupHost.topic) {
            let found = try? withShareGroups(in: partition, &work) { groups, _ in
                groups.list(states: request.statesFilter, types: request.typesFilter)
            }
            rows += (found ?? []).map { group in
                .init(
                    groupId: group.group, protocolType: ShareGroupListing.type,
                    groupState: context.version >= 4 ? group.state.name : "",
                    groupType: context.version >= 5 ? ShareGroupListing.type : "")
            }
        }
        return rows
    }

    // MARK: Finding

    /// FindCoordinator for share partitions, from version 6 on: this node keeps all states.
    func findShareCoordinator(
        _ request: FindCoordinatorRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        let here = endpoints[context.listener]
        var response = FindCoordinatorResponse()
        response.coordinators = request.coordinatorKeys.map { text in
            guard let key = SharePartitionKey(text) else {
                return .init(
                    key: text, nodeId: -1, port: -1, errorCode: .invalidRequest,
                    errorMessage: "")
            }
            guard statePartition(of: key, at: context.wallClock) != nil else {
                return .init(key: text).unavailable
            }
            return .init(
                key: text, nodeId: settings.nodeID, host: here.host, port: Int32(here.port),
                errorMessage: "")
        }
        let isNew = unflushedTopics.contains(ShareHost.stateTopic)
        answerAfterMetadata(response, to: context) { response, _ in
            guard isNew else { return }
            response.coordinators = response.coordinators.map(\.unavailable)
        }
    }
}

extension FindCoordinatorResponse.Coordinator {
    fileprivate var unavailable: Self {
        .init(
            key: key, nodeId: -1, port: -1, errorCode: .coordinatorNotAvailable,
            errorMessage: ErrorCode.coordinatorNotAvailable.name)
    }
}
