import Foundation
import VarveTerms

@testable import VarveGroups

/// Around a coordinator, what a broker's handlers do: requests and answers as JSON, and the checks
/// of topics. Member ids differ from the recorded ones, so both are translated.
struct RecordedBroker {
    struct Topic {
        var name: String
        var id: String
        var partitions: Int
    }

    var stage: Stage
    /// Nil: whatever is named exists.
    var topics: [Topic]?
    private var ours: [String: String] = [:]
    private var recorded: [String: String] = [:]

    init(settings: GroupSettings, topics: [Topic]?) {
        (stage, self.topics) = (Stage(settings: settings), topics)
    }

    // MARK: Member ids

    func isKnown(_ recordedID: String) -> Bool { ours[recordedID] != nil }

    mutating func bind(_ recordedID: String, to ourID: String) {
        guard !recordedID.isEmpty, !ourID.isEmpty, ours[recordedID] == nil else { return }
        (ours[recordedID], recorded[ourID]) = (ourID, recordedID)
    }

    private func ourID(_ json: JSON) -> String { json.text.map { ours[$0] ?? $0 } ?? "" }
    private func theirID(_ id: String) -> String { recorded[id] ?? id }

    // MARK: Requests

    enum Outcome {
        case answered([String: Any])
        case waits(RequestToken)
    }

    mutating func send(
        _ api: String, _ version: Int16, _ request: JSON, client: String
    ) -> Outcome {
        switch api {
        case "JoinGroup": return .waits(join(version, request, client))
        case "SyncGroup": return .waits(sync(version, request))
        case "Heartbeat":
            let claim = claim(of: request, generation: "generationId")
            let error = stage.heartbeat(
                claim.group, as: claim.memberID, generation: claim.generation,
                instance: claim.instanceID)
            return .answered(["errorCode": code(error)])
        case "LeaveGroup": return .answered(leave(version, request))
        case "OffsetCommit": return .answered(commit(version, request))
        case "OffsetFetch": return .answered(fetch(version, request))
        case "OffsetDelete": return .answered(deleteOffsets(request))
        case "ListGroups": return .answered(list(request))
        case "DescribeGroups": return .answered(describe(version, request))
        default:
            let rows = stage.delete(request["groupsNames"].list.map { $0.text ?? "" })
            return .answered([
                "results": rows.map { ["groupId": $0.group, "errorCode": code($0.error)] as Any }
            ])
        }
    }

    private func claim(of request: JSON, generation key: String) -> MemberClaim {
        MemberClaim(
            group: request["groupId"].text ?? "", memberID: ourID(request["memberId"]),
            instanceID: request["groupInstanceId"].text,
            generation: Int32(truncatingIfNeeded: request[key].int64))
    }

    private mutating func join(
        _ version: Int16, _ request: JSON, _ client: String
    ) -> RequestToken {
        let rebalance = request.has("rebalanceTimeoutMs") ? request["rebalanceTimeoutMs"].int : -1
        return stage.join(
            JoinRequest(
                version: version, group: request["groupId"].text ?? "",
                memberID: ourID(request["memberId"]), instanceID: request["groupInstanceId"].text,
                protocolType: request["protocolType"].text ?? "",
                protocols: request["protocols"].list.map {
                    GroupProtocol(name: $0["name"].text ?? "", metadata: $0["metadata"].bytes)
                },
                sessionTimeout: .milliseconds(request["sessionTimeoutMs"].int),
                rebalanceTimeout: .milliseconds(rebalance)), client: client)
    }

    private mutating func sync(_ version: Int16, _ request: JSON) -> RequestToken {
        stage.sync(
            SyncRequest(
                version: version, claim: claim(of: request, generation: "generationId"),
                protocolType: request["protocolType"].text,
                protocolName: request["protocolName"].text,
                assignments: request["assignments"].list.map {
                    MemberAssignment(
                        memberID: ourID($0["memberId"]), assignment: $0["assignment"].bytes)
                }))
    }

    private mutating func leave(_ version: Int16, _ request: JSON) -> [String: Any] {
        let members = version < 3 ? [request] : request["members"].list
        let answer = stage.leave(
            request["groupId"].text ?? "",
            members.map {
                LeavingMember(
                    memberID: ourID($0["memberId"]), instanceID: $0["groupInstanceId"].text)
            })
        guard version >= 3 else { return ["errorCode": code(answer?.singleError)] }
        let rows = answer?.members.map { row -> Any in
            [
                "memberId": theirID(row.memberID), "groupInstanceId": orNull(row.instanceID),
                "errorCode": code(row.error),
            ]
        }
        return ["errorCode": code(answer?.error), "members": rows ?? []]
    }

    // MARK: Offsets

    /// The topic that a row names, by name or by id.
    private func topic(of row: JSON) -> Topic? {
        guard let topics else {
            return Topic(name: row["name"].text ?? "", id: "", partitions: .max)
        }
        return topics.first { $0.name == row["name"].text || $0.id == row["topicId"].text }
    }

    private func named(_ row: JSON, _ partitions: [Any]) -> [String: Any] {
        [
            "name": orNull(row["name"].text), "topicId": orNull(row["topicId"].text),
            "partitions": partitions,
        ]
    }

    private func unknown(_ row: JSON) -> Int { row.has("topicId") ? 100 : 3 }

    private mutating func commit(_ version: Int16, _ request: JSON) -> [String: Any] {
        let claim = claim(of: request, generation: "generationIdOrMemberEpoch")
        let retention = request["retentionTimeMs"].int
        var rows: [Any] = []
        for row in request["topics"].list {
            let topic = topic(of: row)
            let known = row["partitions"].list.map {
                (0..<(topic?.partitions ?? 0)).contains($0["partitionIndex"].int)
            }
            let commits = zip(row["partitions"].list, known).filter(\.1).map { one, _ in
                PartitionCommit(
                    partition: Int32(one["partitionIndex"].int),
                    offset: one["committedOffset"].int64,
                    leaderEpoch: one.has("committedLeaderEpoch")
                        ? Int32(one["committedLeaderEpoch"].int) : -1,
                    metadata: one["committedMetadata"].text)
            }
            let id = UniqueID(base64: topic?.id ?? "") ?? .zero
            var errors = stage.commit(
                CommitRequest(
                    version: version, claim: claim,
                    retention: retention > 0 ? .milliseconds(retention) : nil,
                    topics: [
                        TopicCommits(topic: topic?.name ?? "", topicID: id, partitions: commits)
                    ]))[...]
            let partitions = zip(row["partitions"].list, known).map { one, isKnown -> Any in
                let error = isKnown ? code(errors.popFirst() ?? nil) : unknown(row)
                return ["partitionIndex": one["partitionIndex"].int, "errorCode": error]
            }
            rows.append(named(row, partitions))
        }
        return ["topics": rows]
    }

    private func fetch(_ version: Int16, _ request: JSON) -> [String: Any] {
        guard version >= 8 else {
            return ["errorCode": 0, "topics": fetched(request)]
        }
        let groups = request["groups"].list.map { group -> Any in
            [
                "groupId": group["groupId"].text ?? "", "errorCode": 0, "topics": fetched(group),
            ]
        }
        return ["groups": groups]
    }

    private func fetched(_ group: JSON) -> [Any] {
        let id = group["groupId"].text ?? ""
        guard !group["topics"].isNull else {
            return stage.coordinator.fetchOffsets(OffsetQuery(group: id)).map { topic in
                let known = topics?.first { $0.name == topic.topic }
                let row = JSON(["name": topic.topic, "topicId": known?.id ?? ""])
                return named(row, topic.partitions.map { offset($0) })
            }
        }
        return group["topics"].list.map { row in
            let indexes = row["partitionIndexes"].list.map { Int32($0.int) }
            let topic = topic(of: row)
            if topic == nil, row.has("topicId") {
                let partitions = indexes.map {
                    offset(PartitionOffset(partition: $0), error: 100)
                }
                return named(row, partitions)
            }
            let name = topic?.name ?? row["name"].text ?? ""
            let query = QueriedTopic(topic: name, partitions: indexes)
            let answer = stage.coordinator.fetchOffsets(OffsetQuery(group: id, topics: [query]))
            return named(row, answer[0].partitions.map { offset($0) })
        }
    }

    private func offset(_ row: PartitionOffset, error: Int = 0) -> Any {
        [
            "partitionIndex": Int(row.partition), "committedOffset": row.stored?.offset ?? -1,
            "committedLeaderEpoch": Int(row.stored?.leaderEpoch ?? -1),
            "metadata": row.stored?.metadata ?? "", "errorCode": error,
        ] as [String: Any]
    }

    private mutating func deleteOffsets(_ request: JSON) -> [String: Any] {
        var answers: [Any] = []
        for row in request["topics"].list {
            let count = topic(of: row)?.partitions ?? 0
            let indexes = row["partitions"].list.map { $0["partitionIndex"].int }
            let known = indexes.filter { (0..<count).contains($0) }
            let answer = stage.deleteOffsets(
                OffsetDeletion(
                    group: request["groupId"].text ?? "",
                    topics: [
                        DeletedTopic(
                            topic: row["name"].text ?? "", partitions: known.map(Int32.init))
                    ]))
            if let error = answer?.error { return ["errorCode": code(error), "topics": [Any]()] }
            var errors = (answer?.topics[0].partitions.map(\.error) ?? [])[...]
            let partitions = indexes.map { index -> Any in
                let error = known.contains(index) ? code(errors.popFirst() ?? nil) : 3
                return ["partitionIndex": index, "errorCode": error]
            }
            answers.append(named(row, partitions))
        }
        return ["errorCode": 0, "topics": answers]
    }

    // MARK: Administration

    private func list(_ request: JSON) -> [String: Any] {
        let rows = stage.coordinator.list(
            states: request["statesFilter"].list.map { $0.text ?? "" },
            types: request["typesFilter"].list.map { $0.text ?? "" })
        let groups = rows.map { row -> Any in
            [
                "groupId": row.group, "protocolType": row.protocolType,
                "groupState": row.state, "groupType": row.kind.rawValue,
            ]
        }
        return ["errorCode": 0, "groups": groups]
    }

    private func describe(_ version: Int16, _ request: JSON) -> [String: Any] {
        let ids = request["groups"].list.map { $0.text ?? "" }
        let groups = ids.map { id -> Any in
            let group = stage.coordinator.describe(id)
            let members = group?.members.map { member -> Any in
                [
                    "memberId": theirID(member.memberID),
                    "groupInstanceId": orNull(member.instanceID), "clientId": member.clientID,
                    "clientHost": member.clientHost,
                    "memberMetadata": Data(member.metadata).base64EncodedString(),
                    "memberAssignment": Data(member.assignment).base64EncodedString(),
                ]
            }
            return [
                "errorCode": group == nil && version >= 6 ? 69 : 0, "groupId": id,
                "groupState": (group?.state ?? .dead).name,
                "protocolType": group?.protocolType ?? "",
                "protocolData": group?.protocolName ?? "", "members": members ?? [],
            ] as [String: Any]
        }
        return ["groups": groups]
    }

    // MARK: Answers

    /// The answer to a waiting request; the ids in it are bound to those that were recorded.
    mutating func answer(_ token: RequestToken, _ version: Int16, like model: JSON) -> [String:
        Any]?
    {
        switch stage.answers[token] {
        case .join(let answer):
            bind(model["memberId"].text ?? "", to: answer.memberID)
            return joined(answer, version)
        case .sync(let answer):
            return [
                "errorCode": code(answer.error), "protocolType": orNull(answer.protocolType),
                "protocolName": orNull(answer.protocolName),
                "assignment": Data(answer.assignment).base64EncodedString(),
            ]
        default: return nil
        }
    }

    private func joined(_ answer: JoinAnswer, _ version: Int16) -> [String: Any] {
        let members = answer.members.map { member -> Any in
            [
                "memberId": theirID(member.memberID),
                "groupInstanceId": orNull(member.instanceID),
                "metadata": Data(member.metadata).base64EncodedString(),
            ]
        }
        return [
            "errorCode": code(answer.error), "generationId": Int(answer.generation),
            "protocolType": orNull(answer.protocolType),
            "protocolName": version < 7 ? answer.protocolName ?? "" : orNull(answer.protocolName),
            "leader": theirID(answer.leader), "skipAssignment": answer.skipAssignment ? 1 : 0,
            "memberId": theirID(answer.memberID), "members": members,
        ]
    }

    private func orNull(_ text: String?) -> Any { text ?? NSNull() }

    private func code(_ error: GroupError?) -> Int {
        switch error {
        case nil: 0
        case .unknownServerError: -1
        case .offsetMetadataTooLarge: 12
        case .coordinatorNotAvailable: 15
        case .notCoordinator: 16
        case .illegalGeneration: 22
        case .inconsistentGroupProtocol: 23
        case .invalidGroupID: 24
        case .unknownMemberID: 25
        case .invalidSessionTimeout: 26
        case .rebalanceInProgress: 27
        case .invalidRequest: 42
        case .nonEmptyGroup: 68
        case .groupIDNotFound: 69
        case .memberIDRequired: 79
        case .groupMaxSizeReached: 81
        case .fencedInstanceID: 82
        case .groupSubscribedToTopic: 86
        case .unsupportedVersion: 35
        case .fencedMemberEpoch: 110
        case .unreleasedInstanceID: 111
        case .unsupportedAssignor: 112
        case .staleMemberEpoch: 113
        case .invalidRegularExpression: 128
        }
    }
}
