internal import VarveGroups
internal import VarveTransport
internal import VarveWire

extension GroupError {
    /// Its number on the wire.
    var code: ErrorCode {
        switch self {
        case .unknownServerError: .unknownServerError
        case .unsupportedVersion: .unsupportedVersion
        case .offsetMetadataTooLarge: .offsetMetadataTooLarge
        case .coordinatorNotAvailable: .coordinatorNotAvailable
        case .notCoordinator: .notCoordinator
        case .illegalGeneration: .illegalGeneration
        case .inconsistentGroupProtocol: .inconsistentGroupProtocol
        case .invalidGroupID: .invalidGroupId
        case .unknownMemberID: .unknownMemberId
        case .invalidSessionTimeout: .invalidSessionTimeout
        case .rebalanceInProgress: .rebalanceInProgress
        case .invalidRequest: .invalidRequest
        case .nonEmptyGroup: .nonEmptyGroup
        case .groupIDNotFound: .groupIdNotFound
        case .memberIDRequired: .memberIdRequired
        case .groupMaxSizeReached: .groupMaxSizeReached
        case .fencedInstanceID: .fencedInstanceId
        case .groupSubscribedToTopic: .groupSubscribedToTopic
        case .fencedMemberEpoch: .fencedMemberEpoch
        case .unreleasedInstanceID: .unreleasedInstanceId
        case .unsupportedAssignor: .unsupportedAssignor
        case .staleMemberEpoch: .staleMemberEpoch
        case .invalidRegularExpression: .invalidRegularExpression
        }
    }
}

extension Broker {
    /// Sends what a coordinator answered.
    func send(_ answer: GroupAnswer, to token: RequestToken, on loop: EventLoop) {
        guard let context = groups.context(of: token) else { return }
        switch answer {
        case .join(let answer): send(answer, to: context, on: loop)
        case .sync(let answer):
            var response = SyncGroupResponse()
            response.errorCode = answer.error?.code ?? .none
            response.protocolType = answer.protocolType
            response.protocolName = answer.protocolName
            response.assignment = answer.assignment
            self.answer(response, to: context, on: loop)
        case .heartbeat(let error):
            var response = HeartbeatResponse()
            response.errorCode = error?.code ?? .none
            self.answer(response, to: context, on: loop)
        case .leave(let answer): send(answer, to: context, on: loop)
        case .consumerHeartbeat(let answer): send(answer, to: context, on: loop)
        case .commit(let answer):
            if context.api == .txnOffsetCommit {
                sendTransactional(answer, to: context, on: loop)
            } else {
                send(answer, to: context, on: loop)
            }
        case .deleteOffsets(let answer): send(answer, to: context, on: loop)
        case .deleteGroups(let rows): send(rows, to: context, on: loop)
        }
    }

    private func send(_ answer: JoinAnswer, to context: RequestContext, on loop: EventLoop) {
        var response = JoinGroupResponse()
        response.errorCode = answer.error?.code ?? .none
        response.generationId = answer.generation
        response.protocolType = answer.protocolType
        response.protocolName = answer.protocolName ?? (context.version < 7 ? "" : nil)
        response.leader = answer.leader
        response.skipAssignment = context.version >= 9 && answer.skipAssignment
        response.memberId = answer.memberID
        response.members = answer.members.map {
            .init(
                memberId: $0.memberID, groupInstanceId: $0.instanceID, metadata: $0.metadata)
        }
        self.answer(response, to: context, on: loop)
    }

    private func send(_ answer: LeaveAnswer, to context: RequestContext, on loop: EventLoop) {
        var response = LeaveGroupResponse()
        if context.version < 3 {
            response.errorCode = answer.singleError?.code ?? .none
        } else {
            response.errorCode = answer.error?.code ?? .none
            response.members = answer.members.map {
                .init(
                    memberId: $0.memberID, groupInstanceId: $0.instanceID,
                    errorCode: $0.error?.code ?? .none)
            }
        }
        self.answer(response, to: context, on: loop)
    }

    private func send(_ answer: CommitAnswer, to context: RequestContext, on loop: EventLoop) {
        var codes: [CommitRow: ErrorCode] = [:]
        for topic in answer.topics {
            for row in topic.partitions {
                codes[CommitRow(topic.topic, row.partition)] = row.error?.code ?? ErrorCode.none
            }
        }
        answerCommit(context, on: loop) { codes[$0] ?? ErrorCode.none }
    }

    /// Answers an OffsetCommit: rows of unknown partitions have their error already.
    private func answerCommit(
        _ context: RequestContext, on loop: EventLoop, _ code: (CommitRow) -> ErrorCode
    ) {
        var response = groups.commits.removeValue(forKey: context.slot) ?? OffsetCommitResponse()
        for (place, topic) in response.topics.enumerated() {
            let name = context.version >= 10 ? partitions.name(of: topic.topicId) : topic.name
            for (row, partition) in topic.partitions.enumerated()
            where partition.errorCode == .none {
                response.topics[place].partitions[row].errorCode = code(
                    CommitRow(name ?? "", partition.partitionIndex))
            }
        }
        answer(response, to: context, on: loop)
    }

    /// Turns a request down before any coordinator saw it, or after one was lost.
    func refuseGroupRequest(_ context: RequestContext, _ code: ErrorCode, on loop: EventLoop) {
        switch context.api {
        case .joinGroup:
            var response = JoinGroupResponse()
            response.errorCode = code
            response.protocolName = context.version < 7 ? "" : nil
            answer(response, to: context, on: loop)
        case .syncGroup:
            var response = SyncGroupResponse()
            response.errorCode = code
            answer(response, to: context, on: loop)
        case .heartbeat:
            var response = HeartbeatResponse()
            response.errorCode = code
            answer(response, to: context, on: loop)
        case .leaveGroup:
            var response = LeaveGroupResponse()
            response.errorCode = code
            answer(response, to: context, on: loop)
        case .consumerGroupHeartbeat:
            var response = ConsumerGroupHeartbeatResponse()
            response.errorCode = code
            answer(response, to: context, on: loop)
        case .offsetCommit:
            answerCommit(context, on: loop) { _ in code }
        case .txnOffsetCommit: refuseTransactionalCommit(context, code, on: loop)
        case .deleteGroups: send([], to: context, on: loop)
        case .offsetDelete:
            groups.deletions.offsets[context.slot] = nil
            var response = OffsetDeleteResponse()
            response.errorCode = code
            answer(response, to: context, on: loop)
        default: loop.answer(context.slot, .closing)
        }
    }
}

/// A row of an OffsetCommit.
private struct CommitRow: Hashable {
    var topic: String
    var partition: Int32

    init(_ topic: String, _ partition: Int32) { (self.topic, self.partition) = (topic, partition) }
}
