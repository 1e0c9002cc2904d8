import VarveTerms
import VarveWire

/// A member by the protocol of KIP-848: all it does is to send heartbeats, give up what it is told
/// to, and take what it is given.
final class ConsumerMember: GroupMember {
    private static let session = Duration.seconds(6)

    private let memberID: String
    private var epoch: Int32 = 0
    private var partitions: Set<OwnedPartition> = []
    /// What it is to have, and until when it takes its time to give the rest up.
    private var told: (partitions: Set<OwnedPartition>, at: Instant)?
    private var heardAt: Instant
    private var hasToTellAll = true

    init(_ world: ScheduleWorld, in group: String = "consumers", instance: String?) {
        heardAt = world.now
        let name = "consumer \(instance ?? "")#\(world.newValue())"
        memberID = name
        super.init(world, name, in: group, instance: instance)
    }

    override var isSettled: Bool {
        told == nil && epoch > 0 && isDealtOut
    }
    override var owned: Set<OwnedPartition> { partitions }
    override var complaint: String { "epoch \(epoch) with \(owned.map(\.index).sorted())" }

    override func act() {
        sleep(100, 900)
        guard line.isIdle else { return }
        if !world.isCalm {
            switch Int.random(in: 0..<120, using: &world.random) {
            case 0: return end()
            case 1: return leave()
            case 2: return sleep(1000, 12_000)
            default: break
            }
            if epoch > 0, world.percent(40) {
                if world.percent(40) { return checkOffset() }
                if let one = owned.filter({ $0.topic == world.topicIDs["t"] }).map(\.index).min() {
                    return commitOffset(one)
                }
            }
        }
        beat()
    }

    /// The process ends, and another begins.
    private func end() {
        world.owners.release(name)
        // An instance whose process is gone may come back only when it is given up.
        replace()
        die()
    }

    override func replace() {
        guard group == MigratingMember.group, world.percent(50) else {
            return world.members.append(ConsumerMember(world, in: group, instance: instance))
        }
        world.members.append(MigratingMember(world))
    }

    private func leave() {
        world.owners.release(name)
        partitions = []
        let isAway = instance != nil && world.percent(50)
        let request = ConsumerGroupHeartbeatRequest(
            groupId: group, memberId: memberID, memberEpoch: isAway ? -2 : -1,
            instanceId: instance)
        line.ask(request, 1, for: ConsumerGroupHeartbeatResponse.self) { [self] _ in
            end()
        }
    }

    private func commitOffset(_ partition: Int32) {
        commit(partition, epoch: epoch, as: memberID) { [self] code, _ in
            switch code {
            case ErrorCode.none, nil, .staleMemberEpoch: break
            case .unknownMemberId, .fencedInstanceId: reset()
            case let code? where code.isPassing: break
            case let code?: fail("commit: \(code)")
            }
        }
    }

    // MARK: Heartbeats

    private func beat() {
        if let told, world.isCalm || world.percent(60) {
            let kept = owned.intersection(told.partitions)
            if world.schedule.bug != .ownerKept { partitions = kept }
            if owned.isSubset(of: told.partitions) || world.schedule.bug == .ownerKept {
                self.told = nil
            }
            _ = world.owners.hold(owned, by: name, until: holdsUntil, at: world.now)
        }
        var sent = owned
        if world.schedule.bug == .ownerKept, told == nil { sent = [] }
        let request = request(sent)
        let epochSent = epoch
        line.ask(request, 1, for: ConsumerGroupHeartbeatResponse.self) { [self] reply in
            guard let reply else {
                hasToTellAll = true
                return
            }
            let answer = reply.message
            switch answer.errorCode {
            case .none: take(answer, epochSent, sentAt: reply.sentAt)
            case .fencedMemberEpoch:
                world.count("members fenced")
                reset()
            case .unknownMemberId:
                checkDiligence()
                reset()
            case .unreleasedInstanceId: break
            case .groupIdNotFound: reset()
            case let code where code.isPassing: hasToTellAll = true
            case let code: fail("heartbeat: \(code)")
            }
        }
    }

    private func request(_ sent: Set<OwnedPartition>) -> ConsumerGroupHeartbeatRequest {
        var request = ConsumerGroupHeartbeatRequest(
            groupId: group, memberId: memberID, memberEpoch: epoch, instanceId: instance)
        let byTopic = Dictionary(grouping: sent, by: \.topic)
        request.topicPartitions = byTopic.map { topic, all in
            .init(topicId: topic, partitions: all.map(\.index).sorted())
        }
        if epoch == 0 || hasToTellAll {
            request.subscribedTopicNames = ["t", "d"]
            request.rebalanceTimeoutMs = 20_000
            if epoch == 0 { request.topicPartitions = [] }
        }
        return request
    }

    private var holdsUntil: Instant { heardAt.advanced(by: Self.session) }

    private func take(
        _ answer: ConsumerGroupHeartbeatResponse, _ epochSent: Int32, sentAt: Instant
    ) {
        if answer.memberEpoch < epoch { fail("goes back from \(epoch) to \(answer.memberEpoch)") }
        epoch = answer.memberEpoch
        heardAt = sentAt
        hasToTellAll = false
        world.count("heartbeats")
        if let assignment = answer.assignment {
            let given = Set(
                assignment.topicPartitions.flatMap { topic in
                    topic.partitions.map { OwnedPartition(topic: topic.topicId, index: $0) }
                })
            if owned.isSubset(of: given) {
                if !given.isEmpty { world.count("assignments") }
                partitions = given
                told = nil
            } else {
                world.count("revocations")
                told = (given, told?.at ?? world.now)
            }
        }
        world.take(world.owners.hold(owned, by: name, until: holdsUntil, at: world.now))
    }

    private func reset() {
        world.owners.release(name)
        (epoch, partitions, told, hasToTellAll) = (0, [], nil, true)
    }

    /// Who is heard of often enough is never unknown.
    private func checkDiligence() {
        guard epoch > 0, instance == nil, holdsUntil > world.now,
            told.map({ world.now.duration(since: $0.at) < .seconds(10) }) ?? true
        else { return }
        fail("is unknown after \(world.now.duration(since: heardAt))")
    }
}
