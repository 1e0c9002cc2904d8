import VarveTerms
import VarveWire

/// A member by the older protocol: it joins, syncs, and sends heartbeats. Its leader deals the
/// partitions out.
final class ClassicMember: GroupMember {
    private enum Phase {
        case outside
        case joined(JoinGroupResponse)
        case working
    }

    private var phase = Phase.outside
    private var memberID = ""
    private(set) var generation: Int32 = -1
    private(set) var partitions: [Int32] = []
    private var settledSince: Instant?

    init(_ world: ScheduleWorld, instance: String?) {
        super.init(
            world, "classic \(instance ?? "")#\(world.newValue())", in: "classic",
            instance: instance)
    }

    /// What stays of a member when its process changes.
    private var lineage: String { instance ?? memberID }

    override var isSettled: Bool {
        let others = world.members.compactMap { $0 as? ClassicMember }
        guard case .working = phase else { return false }
        return others.allSatisfy { $0.generation == generation }
            && others.flatMap(\.partitions).sorted() == [0, 1, 2]
    }
    override var complaint: String { "\(phase) in \(generation) with \(partitions)" }

    override func act() {
        sleep(100, 900)
        guard line.isIdle else { return }
        if !world.isCalm, hasTrouble() { return }
        switch phase {
        case .outside: join()
        case .joined(let answer): sync(answer)
        case .working: work()
        }
    }

    private func hasTrouble() -> Bool {
        switch Int.random(in: 0..<120, using: &world.random) {
        case 0:
            // The process ends, and another begins.
            world.members.append(ClassicMember(world, instance: instance))
            die()
        case 1: leave()
        case 2: sleep(1000, 12_000)
        case 3: phase = .outside
        default: return false
        }
        return true
    }

    private func leave() {
        world.members.append(ClassicMember(world, instance: instance))
        let request = LeaveGroupRequest(
            groupId: group, members: [.init(memberId: memberID, groupInstanceId: instance)])
        line.ask(request, 5, for: LeaveGroupResponse.self) { [self] _ in die() }
        sleep(60_000, 60_000)
        partitions = []
    }

    // MARK: Coming in

    private func join() {
        (partitions, generation) = ([], -1)
        let request = JoinGroupRequest(
            groupId: group, sessionTimeoutMs: 6000, rebalanceTimeoutMs: 5000, memberId: memberID,
            groupInstanceId: instance, protocolType: "consumer",
            protocols: [.init(name: "range", metadata: [])])
        line.ask(
            request, 9, patience: .seconds(9), for: JoinGroupResponse.self
        ) { [self] reply in
            guard let reply else { return }
            let answer = reply.message
            switch answer.errorCode {
            case .none:
                memberID = answer.memberId
                generation = answer.generationId
                phase = .joined(answer)
                wakeSoon()
                world.count("joined")
                world.take(world.generations.served(lineage, generation, asked: reply.sentAt))
            case .memberIdRequired:
                memberID = answer.memberId
                wakeSoon()
            default: refuse(answer.errorCode)
            }
        }
    }

    private func wakeSoon() { sleep(1, 40) }

    private func sync(_ joined: JoinGroupResponse) {
        var assignments: [SyncGroupRequest.SyncGroupRequestAssignment] = []
        if !joined.members.isEmpty, !joined.skipAssignment { assignments = plan(joined) }
        let request = SyncGroupRequest(
            groupId: group, generationId: generation, memberId: memberID,
            groupInstanceId: instance, protocolType: "consumer",
            protocolName: joined.protocolName, assignments: assignments)
        line.ask(
            request, 5, patience: .seconds(9), for: SyncGroupResponse.self
        ) { [self] reply in
            guard let answer = reply?.message else { return }
            guard answer.errorCode == .none else { return refuse(answer.errorCode) }
            take(answer.assignment)
        }
    }

    /// Deals the partitions out: each member gets a text that tells the plan, it, and its part.
    private func plan(
        _ joined: JoinGroupResponse
    ) -> [SyncGroupRequest.SyncGroupRequestAssignment] {
        let number = world.newValue()
        var parts: [String: [Int32]] = [:]
        var rows: [SyncGroupRequest.SyncGroupRequestAssignment] = []
        let names = joined.members.map { ($0.memberId, $0.groupInstanceId ?? $0.memberId) }
        for (place, (id, lineage)) in names.enumerated() {
            var mine = (0..<Int32(3)).filter { Int($0) % names.count == place }
            if world.schedule.bug == .partitionGivenTwice, world.chance(of: 4), place > 0 {
                mine = [0] + mine
            }
            parts[lineage] = mine
            let text = "\(number)|\(lineage)|" + mine.map(String.init).joined(separator: ",")
            rows.append(.init(memberId: id, assignment: Array(text.utf8)))
        }
        world.generations.plan(number, parts)
        return rows
    }

    private func take(_ assignment: [UInt8]) {
        let parts = String(decoding: assignment, as: UTF8.self)
            .split(separator: "|", omittingEmptySubsequences: false)
        let plan = parts.first.flatMap { Int($0) }
        partitions = parts.count < 3 ? [] : parts[2].split(separator: ",").compactMap { Int32($0) }
        phase = .working
        world.count("synced")
        world.take(
            world.generations.synced(
                lineage, generation, plan: plan, has: partitions, at: world.now))
    }

    // MARK: Staying

    private func work() {
        switch Int.random(in: 0..<100, using: &world.random) {
        case 0..<35:
            guard let partition = partitions.randomElement(using: &world.random) else { break }
            let generation = generation
            return commit(partition, epoch: generation, as: memberID) { [self] code, sentAt in
                guard let code else { return }
                if code == ErrorCode.none {
                    world.take(world.generations.served(lineage, generation, asked: sentAt))
                } else {
                    refuse(code)
                }
            }
        case 35..<55: return checkOffset()
        default: break
        }
        let (request, present) = (
            HeartbeatRequest(
                groupId: group, generationId: generation, memberId: memberID,
                groupInstanceId: instance), generation
        )
        line.ask(request, 4, for: HeartbeatResponse.self) { [self] reply in
            guard let reply else { return }
            guard reply.message.errorCode == .none else { return refuse(reply.message.errorCode) }
            world.take(world.generations.served(lineage, present, asked: reply.sentAt))
        }
    }

    private func refuse(_ code: ErrorCode) {
        switch code {
        case .rebalanceInProgress, .illegalGeneration: phase = .outside
        case .unknownMemberId:
            (phase, memberID, partitions) = (.outside, "", [])
        case .fencedInstanceId: die()
        case let code where code.isPassing: if case .joined = phase { phase = .outside }
        default: fail("\(code)")
        }
    }
}
