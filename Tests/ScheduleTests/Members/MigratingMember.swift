import VarveBytes
import VarveTerms
import VarveWire

/// A member by the older protocol in a group that may have some by the newer one: what it is told
/// comes from a leader, or from the broker, and it cannot tell which.
///
/// It gives up all that it has whenever it joins anew.
final class MigratingMember: GroupMember {
    static let group = "mixed"
    private static let session = Duration.seconds(6)

    private enum Phase {
        case outside
        case joined(JoinGroupResponse)
        case working
    }

    private var phase = Phase.outside
    private var memberID = ""
    private var generation: Int32 = -1
    private var partitions: Set<OwnedPartition> = []

    init(_ world: ScheduleWorld) {
        super.init(world, "migrating #\(world.newValue())", in: Self.group, instance: nil)
    }

    override var owned: Set<OwnedPartition> { partitions }
    override var isSettled: Bool {
        guard case .working = phase else { return false }
        return isDealtOut
    }
    override var complaint: String { "\(phase) in \(generation) with \(partitions.map(\.index))" }

    override func replace() {
        world.members.append(
            world.percent(50)
                ? MigratingMember(world)
                : ConsumerMember(world, in: group, instance: nil))
    }

    override func act() {
        sleep(100, 900)
        guard line.isIdle else { return }
        if !world.isCalm {
            switch Int.random(in: 0..<120, using: &world.random) {
            case 0:
                giveUp()
                replace()
                return die()
            case 1: return leave()
            case 2: return sleep(1000, 12_000)
            default: break
            }
        }
        switch phase {
        case .outside: join()
        case .joined(let answer): sync(answer)
        case .working: work()
        }
    }

    private func giveUp() {
        partitions = []
        world.owners.release(name)
    }

    private func leave() {
        giveUp()
        replace()
        let request = LeaveGroupRequest(groupId: group, members: [.init(memberId: memberID)])
        line.ask(request, 5, for: LeaveGroupResponse.self) { [self] _ in die() }
        sleep(60_000, 60_000)
    }

    // MARK: Coming in

    private func join() {
        giveUp()
        var writer = WireWriter()
        let subscription = ConsumerProtocolSubscription(topics: [Self.topic])
        try? subscription.encode(into: &writer, version: 1)
        let metadata = [0, 1] + writer.joined(with: [UInt8]().rawSpan)
        let request = JoinGroupRequest(
            groupId: group, sessionTimeoutMs: 6000, rebalanceTimeoutMs: 20_000,
            memberId: memberID, protocolType: "consumer",
            protocols: [.init(name: "range", metadata: metadata)])
        line.ask(
            request, 9, patience: .seconds(25), for: JoinGroupResponse.self
        ) { [self] reply in
            guard let answer = reply?.message else { return }
            switch answer.errorCode {
            case .none:
                (memberID, generation) = (answer.memberId, answer.generationId)
                phase = .joined(answer)
                world.count("joined mixed")
                sleep(1, 40)
            case .memberIdRequired:
                memberID = answer.memberId
                sleep(1, 40)
            default: refuse(answer.errorCode)
            }
        }
    }

    private func sync(_ joined: JoinGroupResponse) {
        var request = SyncGroupRequest(
            groupId: group, generationId: generation, memberId: memberID,
            protocolType: "consumer", protocolName: joined.protocolName)
        if !joined.skipAssignment {
            request.assignments = joined.members.enumerated().map { place, member in
                let mine = (0..<Int32(3)).filter { Int($0) % joined.members.count == place }
                return .init(memberId: member.memberId, assignment: Self.encode(mine))
            }
        }
        line.ask(
            request, 5, patience: .seconds(25), for: SyncGroupResponse.self
        ) { [self] reply in
            guard let reply else {
                phase = .outside
                return
            }
            guard reply.message.errorCode == .none else { return refuse(reply.message.errorCode) }
            take(reply.message.assignment, sentAt: reply.sentAt)
        }
    }

    private static func encode(_ partitions: [Int32]) -> [UInt8] {
        var writer = WireWriter()
        let assignment = ConsumerProtocolAssignment(assignedPartitions: [
            .init(topic: topic, partitions: partitions)
        ])
        try? assignment.encode(into: &writer, version: 1)
        return [0, 1] + writer.joined(with: [UInt8]().rawSpan)
    }

    private func take(_ bytes: [UInt8], sentAt: Instant) {
        phase = .working
        world.count("synced mixed")
        guard !bytes.isEmpty, let topic = world.topicIDs[Self.topic] else { return }
        var reader = WireReader(bytes.rawSpan.extracting(droppingFirst: 2))
        guard let given = try? ConsumerProtocolAssignment(decoding: &reader, version: 1) else {
            return fail("is given what is no assignment")
        }
        partitions = Set(
            given.assignedPartitions.flatMap { row in
                row.partitions.map { OwnedPartition(topic: topic, index: $0) }
            })
        hold(since: sentAt)
    }

    private func hold(since sentAt: Instant) {
        let until = sentAt.advanced(by: Self.session)
        world.take(world.owners.hold(partitions, by: name, until: until, at: world.now))
    }

    // MARK: Staying

    private func work() {
        let request = HeartbeatRequest(
            groupId: group, generationId: generation, memberId: memberID)
        line.ask(request, 4, for: HeartbeatResponse.self) { [self] reply in
            guard let reply else { return }
            guard reply.message.errorCode == .none else { return refuse(reply.message.errorCode) }
            hold(since: reply.sentAt)
        }
    }

    private func refuse(_ code: ErrorCode) {
        switch code {
        case .rebalanceInProgress, .illegalGeneration:
            giveUp()
            phase = .outside
        case .unknownMemberId:
            giveUp()
            (phase, memberID) = (.outside, "")
        case let code where code.isPassing: if case .joined = phase { phase = .outside }
        default: fail("\(code)")
        }
    }
}
