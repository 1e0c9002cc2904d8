internal import VarveGroups
internal import VarveLog
internal import VarveMetadata
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// Requests of consumer groups: each goes to the coordinator of its group.
extension Broker {
    func joinGroup(_ request: JoinGroupRequest, _ context: RequestContext, on loop: EventLoop) {
        guard !hasShareGroup(request.groupId) else {
            return refuseGroupRequest(context, .inconsistentGroupProtocol, on: loop)
        }
        let join = JoinRequest(
            version: context.version, group: request.groupId, memberID: request.memberId,
            instanceID: request.groupInstanceId, protocolType: request.protocolType,
            protocols: request.protocols.map {
                GroupProtocol(name: $0.name, metadata: $0.metadata)
            }, sessionTimeout: .milliseconds(request.sessionTimeoutMs),
            rebalanceTimeout: .milliseconds(
                context.version == 0 ? -1 : request.rebalanceTimeoutMs))
        let from = JoinContext(
            clientID: context.clientID ?? "", clientHost: context.clientHost,
            uniqueID: surroundings.randomness.uniqueID())
        let topics = topicCatalog
        coordinate(request.groupId, context, on: loop) { coordinator, token, now, effects in
            coordinator.topics = topics
            coordinator.join(join, from: from, token: token, at: now, into: &effects)
        }
    }

    func syncGroup(_ request: SyncGroupRequest, _ context: RequestContext, on loop: EventLoop) {
        let sync = SyncRequest(
            version: context.version,
            claim: MemberClaim(
                group: request.groupId, memberID: request.memberId,
                instanceID: request.groupInstanceId, generation: request.generationId),
            protocolType: request.protocolType, protocolName: request.protocolName,
            assignments: request.assignments.map {
                MemberAssignment(memberID: $0.memberId, assignment: $0.assignment)
            })
        let topics = topicCatalog
        coordinate(request.groupId, context, on: loop) { coordinator, token, now, effects in
            coordinator.topics = topics
            coordinator.sync(sync, token: token, at: now, into: &effects)
        }
    }

    func heartbeat(_ request: HeartbeatRequest, _ context: RequestContext, on loop: EventLoop) {
        let claim = MemberClaim(
            group: request.groupId, memberID: request.memberId,
            instanceID: request.groupInstanceId, generation: request.generationId)
        coordinate(request.groupId, context, on: loop) { coordinator, token, now, effects in
            coordinator.heartbeat(claim, token: token, at: now, into: &effects)
        }
    }

    func leaveGroup(_ request: LeaveGroupRequest, _ context: RequestContext, on loop: EventLoop) {
        let members =
            context.version < 3
            ? [LeavingMember(memberID: request.memberId)]
            : request.members.map {
                LeavingMember(memberID: $0.memberId, instanceID: $0.groupInstanceId)
            }
        let leave = LeaveRequest(group: request.groupId, members: members)
        coordinate(request.groupId, context, on: loop) { coordinator, token, now, effects in
            coordinator.leave(leave, token: token, at: now, into: &effects)
        }
    }

    private func coordinate(
        _ group: String, _ context: RequestContext, on loop: EventLoop,
        _ body: (inout GroupCoordinator, RequestToken, Moment, inout [GroupEffect]) -> Void
    ) {
        guard withCoordinator(of: group, context, on: loop, body) else {
            return refuseGroupRequest(context, .coordinatorNotAvailable, on: loop)
        }
    }

    // MARK: Offsets

    func offsetCommit(
        _ request: OffsetCommitRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = OffsetCommitResponse()
        var topics: [TopicCommits] = []
        for topic in request.topics {
            let byID = context.version >= 10
            let image = byID ? image[topic: topic.topicId] : image[topic: topic.name]
            var commits = TopicCommits(
                topic: image?.name ?? topic.name, topicID: image?.id ?? .zero, partitions: [])
            var rows = OffsetCommitResponse.OffsetCommitResponseTopic()
            rows.name = topic.name
            rows.topicId = topic.topicId
            for wanted in topic.partitions {
                let isThere = image?.partitions.indices.contains(Int(wanted.partitionIndex))
                let unknown: ErrorCode =
                    byID && image == nil ? .unknownTopicId : .unknownTopicOrPartition
                rows.partitions.append(
                    .init(
                        partitionIndex: wanted.partitionIndex,
                        errorCode: isThere == true ? .none : unknown))
                guard isThere == true else { continue }
                commits.partitions.append(
                    PartitionCommit(
                        partition: wanted.partitionIndex, offset: wanted.committedOffset,
                        leaderEpoch: wanted.committedLeaderEpoch,
                        metadata: wanted.committedMetadata))
            }
            response.topics.append(rows)
            if !commits.partitions.isEmpty { topics.append(commits) }
        }
        let commit = CommitRequest(
            version: context.version,
            claim: MemberClaim(
                group: request.groupId, memberID: request.memberId,
                instanceID: request.groupInstanceId,
                generation: request.generationIdOrMemberEpoch),
            retention: request.retentionTimeMs < 0
                ? nil : .milliseconds(request.retentionTimeMs), topics: topics)
        groups.commits[context.slot] = response
        guard !hasShareGroup(request.groupId) else {
            return refuseGroupRequest(context, .groupIdNotFound, on: loop)
        }
        coordinate(request.groupId, context, on: loop) { coordinator, token, now, effects in
            coordinator.commitOffsets(commit, token: token, at: now, into: &effects)
        }
    }

    func offsetFetch(
        _ request: OffsetFetchRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = OffsetFetchResponse()
        if context.version >= 8 {
            response.groups = request.groups.map {
                offsets(of: $0, isStable: request.requireStable, context, on: loop)
            }
        } else {
            let topics = request.topics?.map {
                QueriedTopic(topic: $0.name, partitions: $0.partitionIndexes)
            }
            let query = OffsetQuery(group: request.groupId, topics: topics)
            let claim = MemberClaim(group: request.groupId, memberID: "")
            let isStable = request.requireStable
            if let (found, _) = fetch(query, for: claim, isStable: isStable, context, on: loop) {
                response.topics = found.map { topic in
                    .init(
                        name: topic.topic,
                        partitions: topic.partitions.map { row in
                            .init(
                                partitionIndex: row.partition,
                                committedOffset: row.stored?.offset ?? -1,
                                committedLeaderEpoch: row.stored?.leaderEpoch ?? -1,
                                metadata: row.stored?.metadata ?? "",
                                errorCode: row.isUnstable ? .unstableOffsetCommit : .none)
                        })
                }
            } else {
                response.errorCode = .coordinatorNotAvailable
            }
        }
        answerAfterFlush(response, to: context)
    }

    private func offsets(
        of group: OffsetFetchRequest.OffsetFetchRequestGroup, isStable: Bool,
        _ context: RequestContext, on loop: EventLoop
    ) -> OffsetFetchResponse.OffsetFetchResponseGroup {
        var answer = OffsetFetchResponse.OffsetFetchResponseGroup()
        answer.groupId = group.groupId
        let claim = MemberClaim(
            group: group.groupId, memberID: group.memberId ?? "", generation: group.memberEpoch)
        let topics = group.topics?.map { topic in
            QueriedTopic(
                topic: context.version >= 10
                    ? partitions.name(of: topic.topicId) ?? "" : topic.name,
                topicID: topic.topicId, partitions: topic.partitionIndexes)
        }
        let query = OffsetQuery(group: group.groupId, topics: topics)
        guard
            let (found, refusal) = fetch(
                query, for: claim, isStable: isStable, context, on: loop)
        else {
            answer.errorCode = .coordinatorNotAvailable
            return answer
        }
        if let refusal {
            answer.errorCode = refusal.code
            return answer
        }
        answer.topics = found.map { topic in
            let isUnknown = context.version >= 10 && partitions.name(of: topic.topicID) == nil
            return .init(
                name: topic.topic, topicId: topic.topicID,
                partitions: topic.partitions.map { row in
                    .init(
                        partitionIndex: row.partition, committedOffset: row.stored?.offset ?? -1,
                        committedLeaderEpoch: row.stored?.leaderEpoch ?? -1,
                        metadata: row.stored?.metadata ?? "",
                        errorCode: isUnknown
                            ? .unknownTopicId : row.isUnstable ? .unstableOffsetCommit : .none)
                })
        }
        return answer
    }

    private func fetch(
        _ query: OffsetQuery, for claim: MemberClaim, isStable: Bool, _ context: RequestContext,
        on loop: EventLoop
    ) -> (found: [TopicOffsets], refusal: GroupError?)? {
        var found: (found: [TopicOffsets], refusal: GroupError?)?
        var unused: RequestToken?
        _ = withCoordinator(of: query.group, context, on: loop) { coordinator, token, _, _ in
            let offsets =
                isStable
                ? coordinator.fetchStableOffsets(query) : coordinator.fetchOffsets(query)
            found = (offsets, coordinator.refusal(ofFetchBy: claim))
            unused = token
        }
        // Offsets are read at once: nothing comes later.
        if let unused { _ = groups.context(of: unused) }
        return found
    }

    // MARK: Who coordinates

    func findCoordinator(
        _ request: FindCoordinatorRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        if request.keyType == 2, context.version >= 6 {
            return findShareCoordinator(request, context, on: loop)
        }
        var response = FindCoordinatorResponse()
        let isServed = request.keyType == 0 || request.keyType == 1
        let code: ErrorCode = isServed ? .none : .invalidRequest
        let here = endpoints[context.listener]
        if context.version >= 4 {
            response.coordinators = request.coordinatorKeys.map { key in
                .init(
                    key: key, nodeId: isServed ? settings.nodeID : -1,
                    host: isServed ? here.host : "", port: isServed ? Int32(here.port) : -1,
                    errorCode: code,
                    errorMessage: (0...2).contains(request.keyType)
                        ? "" : ErrorCode.malformed)
            }
        } else {
            response.errorCode = code
            response.errorMessage =
                code == .none
                ? "NONE" : code == .invalidRequest ? ErrorCode.malformed : code.name
            response.nodeId = isServed ? settings.nodeID : -1
            response.host = isServed ? here.host : ""
            response.port = isServed ? Int32(here.port) : -1
        }
        guard isServed else { return answer(response, to: context, on: loop) }
        let isGroup = request.keyType == 0
        for key in context.version >= 4 ? request.coordinatorKeys : [request.key] {
            let partition =
                isGroup
                ? offsetsPartition(of: key, at: context.wallClock)
                : transactionPartition(of: key, at: context.wallClock)
            if partition == nil {
                response.refuse()
                return answer(response, to: context, on: loop)
            }
        }
        let isNew = unflushedTopics.contains(
            isGroup ? GroupHost.topic : TransactionHost.topic)
        answerAfterMetadata(response, to: context) { response, _ in
            if isNew { response.refuse() }
        }
    }
}

extension FindCoordinatorResponse {
    /// Says that there is no coordinator so far; clients ask again.
    fileprivate mutating func refuse() {
        let code = ErrorCode.coordinatorNotAvailable
        if coordinators.isEmpty {
            (errorCode, errorMessage, nodeId, host, port) = (code, code.name, -1, "", -1)
        }
        for place in coordinators.indices {
            coordinators[place] = .init(
                key: coordinators[place].key, nodeId: -1, host: "", port: -1, errorCode: code,
                errorMessage: code.name)
        }
    }
}
