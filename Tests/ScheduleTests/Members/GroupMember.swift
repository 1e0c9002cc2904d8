import VarveTerms
import VarveWire

/// What members of both protocols do with offsets.
class GroupMember: Member {
    let group: String
    let instance: String?

    init(_ world: ScheduleWorld, _ name: String, in group: String, instance: String?) {
        self.group = group
        self.instance = instance
        super.init(world, name)
    }

    static let topic = "t"

    /// What it has by what it was told.
    var owned: Set<OwnedPartition> { [] }

    /// Another process begins in the place of this one.
    func replace() {}

    /// Whether members of the group have all partitions.
    var isDealtOut: Bool {
        let members = world.members.compactMap { $0 as? GroupMember }.filter { $0.group == group }
        return members.flatMap(\.owned).count { $0.topic == world.topicIDs[Self.topic] } == 3
    }

    private func key(_ partition: Int32) -> String { "\(group)/\(Self.topic)-\(partition)" }

    /// Commits an offset that nobody else commits.
    func commit(
        _ partition: Int32, epoch: Int32, as memberID: String,
        then done: @escaping (ErrorCode?, Instant) -> Void
    ) {
        let offset = Int64(world.newValue())
        let key = key(partition)
        let number = world.offsets.begin(offset, of: key, at: world.now)
        let request = OffsetCommitRequest(
            groupId: group, generationIdOrMemberEpoch: epoch, memberId: memberID,
            groupInstanceId: instance,
            topics: [
                .init(
                    name: Self.topic,
                    partitions: [.init(partitionIndex: partition, committedOffset: offset)])
            ])
        line.ask(request, 9, for: OffsetCommitResponse.self) { [self] reply in
            let code = reply?.message.topics.first?.partitions.first?.errorCode
            switch code {
            case ErrorCode.none:
                world.offsets.end(number, of: key, .applied, at: world.now)
                world.count("offsets committed")
            case .illegalGeneration, .unknownMemberId, .fencedInstanceId, .staleMemberEpoch,
                .rebalanceInProgress:
                world.offsets.end(number, of: key, .refused, at: world.now)
            default: break
            }
            done(code, reply?.sentAt ?? world.now)
        }
    }

    /// Looks where the group is.
    func checkOffset() {
        let partition = Int32.random(in: 0..<3, using: &world.random)
        let key = key(partition)
        let request = OffsetFetchRequest(
            groups: [
                .init(
                    groupId: group,
                    topics: [.init(name: Self.topic, partitionIndexes: [partition])])
            ])
        line.ask(request, 9, for: OffsetFetchResponse.self) { [self] reply in
            guard let reply, let answer = reply.message.groups.first, answer.errorCode == .none,
                let row = answer.topics.first?.partitions.first, row.errorCode == ErrorCode.none
            else { return }
            world.count("offsets read")
            world.take(
                world.offsets.read(
                    row.committedOffset, of: key, from: reply.sentAt, to: world.now))
        }
    }
}
