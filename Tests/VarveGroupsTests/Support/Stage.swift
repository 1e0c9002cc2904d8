import VarveTerms

@testable import VarveGroups

/// A coordinator with a clock, for tests: requests are short, and every token that comes back is
/// noted.
struct Stage {
    var coordinator: GroupCoordinator
    /// Every record so far, in order.
    var records: [GroupRecord] = []
    /// Every record of a transaction so far, with the id of its producer.
    var transactional: [(producerID: Int64, record: GroupRecord)] = []
    /// Every answer so far.
    var answers: [RequestToken: GroupAnswer] = [:]
    /// Tokens that were answered more than once: a bug.
    var answeredTwice: [RequestToken] = []
    private(set) var milliseconds: Int64 = 0
    private var lastToken: UInt64 = 0

    /// When records of a stage begin.
    static let start: Int64 = 1_795_248_992_611

    init(settings: GroupSettings = GroupSettings()) {
        coordinator = GroupCoordinator(settings: settings)
        perform { $0.begin(at: $1, into: &$2) }
    }

    /// A coordinator that has read `records`.
    init(replaying records: [GroupRecord], settings: GroupSettings = GroupSettings()) {
        coordinator = GroupCoordinator(settings: settings)
        for record in records { coordinator.apply(record) }
        perform { $0.begin(at: $1, into: &$2) }
    }

    /// Goes on where another stage stopped: same clock, records and answers.
    mutating func takeOver(_ other: Stage) {
        (records, answers, answeredTwice) = (other.records, other.answers, other.answeredTwice)
        (milliseconds, lastToken) = (other.milliseconds, other.lastToken)
        perform { $0.begin(at: $1, into: &$2) }
    }

    var now: Moment {
        Moment(
            instant: Instant(nanoseconds: milliseconds * 1_000_000),
            timestamp: Timestamp(milliseconds: Self.start + milliseconds))
    }

    /// Steps from deadline to deadline, as a broker's loop does.
    mutating func advance(milliseconds step: Int64) {
        let end = milliseconds + step
        while let next = coordinator.nextDeadline, next.nanoseconds <= end * 1_000_000 {
            milliseconds = max(milliseconds, (next.nanoseconds + 999_999) / 1_000_000)
            perform { $0.expire(at: $1, into: &$2) }
        }
        milliseconds = end
    }

    @discardableResult
    mutating func perform<Outcome>(
        _ work: (inout GroupCoordinator, Moment, inout [GroupEffect]) -> Outcome
    ) -> Outcome {
        var effects: [GroupEffect] = []
        let outcome = work(&coordinator, now, &effects)
        for effect in effects {
            switch effect {
            case .append(let appended): records += appended
            case .appendTransactional(let appended, let producer):
                transactional += appended.map { (producer.id, $0) }
            case .answer(let token, let answer):
                if answers.updateValue(answer, forKey: token) != nil {
                    answeredTwice.append(token)
                }
            }
        }
        for group in coordinator.groups.values { group.members.checkInvariants() }
        for group in coordinator.consumerGroups.values { group.checkInvariants() }
        return outcome
    }

    mutating func token() -> RequestToken {
        lastToken += 1
        return RequestToken(lastToken)
    }

    /// A number that stands for a random one.
    var uniqueID: UniqueID { UniqueID(high: 0xabc, low: lastToken) }

    // MARK: Requests

    mutating func join(
        _ group: String, as memberID: String = "", instance: String? = nil, version: Int16 = 9,
        type: String = "consumer", protocols: [String] = ["range"], topics: [String] = ["t"],
        session: Int = 10_000, rebalance: Int = 10_000, client: String = "c"
    ) -> RequestToken {
        let metadata = subscription(to: topics)
        let request = JoinRequest(
            version: version, group: group, memberID: memberID, instanceID: instance,
            protocolType: type,
            protocols: protocols.map { GroupProtocol(name: $0, metadata: metadata) },
            sessionTimeout: .milliseconds(session), rebalanceTimeout: .milliseconds(rebalance))
        return join(request, client: client)
    }

    mutating func join(_ request: JoinRequest, client: String = "c") -> RequestToken {
        let token = token()
        let context = JoinContext(clientID: client, clientHost: "/127.0.0.1", uniqueID: uniqueID)
        perform { $0.join(request, from: context, token: token, at: $1, into: &$2) }
        return token
    }

    /// A join that is answered at once.
    mutating func joinNow(
        _ group: String, as memberID: String = "", instance: String? = nil, version: Int16 = 9,
        type: String = "consumer", protocols: [String] = ["range"], session: Int = 10_000,
        client: String = "c"
    ) -> JoinAnswer? {
        let token = join(
            group, as: memberID, instance: instance, version: version, type: type,
            protocols: protocols, session: session, client: client)
        return joined(token)
    }

    mutating func sync(_ request: SyncRequest) -> RequestToken {
        let token = token()
        perform { $0.sync(request, token: token, at: $1, into: &$2) }
        return token
    }

    mutating func sync(
        _ group: String, as memberID: String, generation: Int32, instance: String? = nil,
        assigning parts: [String: [UInt8]] = [:]
    ) -> RequestToken {
        let claim = MemberClaim(
            group: group, memberID: memberID, instanceID: instance, generation: generation)
        return sync(
            SyncRequest(
                version: 5, claim: claim, protocolType: "consumer", protocolName: "range",
                assignments: parts.sorted { $0.key < $1.key }.map {
                    MemberAssignment(memberID: $0, assignment: $1)
                }))
    }

    mutating func heartbeat(
        _ group: String, as memberID: String, generation: Int32, instance: String? = nil
    ) -> GroupError? {
        let token = token()
        let claim = MemberClaim(
            group: group, memberID: memberID, instanceID: instance, generation: generation)
        perform { $0.heartbeat(claim, token: token, at: $1, into: &$2) }
        guard case .heartbeat(let error) = answers[token] else { return .invalidRequest }
        return error
    }

    mutating func leave(_ group: String, _ members: [LeavingMember]) -> LeaveAnswer? {
        let token = token()
        let request = LeaveRequest(group: group, members: members)
        perform { $0.leave(request, token: token, at: $1, into: &$2) }
        guard case .leave(let answer) = answers[token] else { return nil }
        return answer
    }

    mutating func commit(_ request: CommitRequest) -> [GroupError?] {
        let token = token()
        perform { $0.commitOffsets(request, token: token, at: $1, into: &$2) }
        guard case .commit(let answer) = answers[token] else { return [.invalidRequest] }
        return answer.topics.flatMap { $0.partitions.map(\.error) }
    }

    /// Commits one offset of partition 0 of topic "t".
    mutating func commit(
        _ group: String, as memberID: String = "", generation: Int32 = -1,
        instance: String? = nil, version: Int16 = 9, offset: Int64 = 1, metadata: String? = "",
        retention: Duration? = nil
    ) -> GroupError? {
        let claim = MemberClaim(
            group: group, memberID: memberID, instanceID: instance, generation: generation)
        let one = PartitionCommit(partition: 0, offset: offset, metadata: metadata)
        return commit(
            CommitRequest(
                version: version, claim: claim, retention: retention,
                topics: [TopicCommits(topic: "t", partitions: [one])]))[0]
    }

    func offset(of group: String, _ topic: String = "t", _ partition: Int32 = 0) -> Int64? {
        let query = OffsetQuery(
            group: group, topics: [QueriedTopic(topic: topic, partitions: [partition])])
        return coordinator.fetchOffsets(query)[0].partitions[0].stored?.offset
    }

    mutating func delete(_ groups: [String]) -> [GroupDeletion] {
        let token = token()
        perform { $0.deleteGroups(groups, token: token, into: &$2) }
        guard case .deleteGroups(let rows) = answers[token] else { return [] }
        return rows
    }

    mutating func deleteOffsets(_ request: OffsetDeletion) -> OffsetDeletionAnswer? {
        let token = token()
        perform { $0.deleteOffsets(request, token: token, into: &$2) }
        guard case .deleteOffsets(let answer) = answers[token] else { return nil }
        return answer
    }

    // MARK: Answers

    func joined(_ token: RequestToken) -> JoinAnswer? {
        guard case .join(let answer) = answers[token] else { return nil }
        return answer
    }

    func synced(_ token: RequestToken) -> SyncAnswer? {
        guard case .sync(let answer) = answers[token] else { return nil }
        return answer
    }

    // MARK: Whole groups

    /// Makes a stable group of members with these instance ids (nil: dynamic ones).
    /// - Returns: member ids, the leader's first, in the order of joining.
    mutating func makeStable(
        _ group: String, instances: [String?] = [nil], topics: [String] = ["t"]
    ) -> [String] {
        let ids = makeCompleting(group, instances: instances, topics: topics)
        let generation = generation(of: group)
        for id in ids.reversed() {
            let parts = Dictionary(uniqueKeysWithValues: ids.map { ($0, Array($0.utf8)) })
            _ = sync(group, as: id, generation: generation, assigning: id == ids[0] ? parts : [:])
        }
        return ids
    }

    /// The same, before the leader brings the assignment.
    mutating func makeCompleting(
        _ group: String, instances: [String?] = [nil], topics: [String] = ["t"]
    ) -> [String] {
        let tokens = instances.map { join(group, instance: $0, version: 3, topics: topics) }
        advance(milliseconds: 6500)
        return tokens.compactMap { joined($0)?.memberID }
    }

    func generation(of group: String) -> Int32 { coordinator.groups[group]?.generation ?? -1 }

    func state(of group: String) -> GroupState {
        coordinator.describe(group)?.state ?? .dead
    }

    func members(of group: String) -> [String] {
        coordinator.describe(group)?.members.map(\.memberID) ?? []
    }
}

/// The consumer's metadata, version 0, that names these topics.
func subscription(to topics: [String]) -> [UInt8] {
    var bytes: [UInt8] = [0, 0]
    func append(_ number: Int, width: Int) {
        for shift in stride(from: 8 * (width - 1), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
    append(topics.count, width: 4)
    for topic in topics {
        append(topic.utf8.count, width: 2)
        bytes += Array(topic.utf8)
    }
    return bytes + [0xff, 0xff, 0xff, 0xff]
}
