import VarveTerms
import VarveWire

/// Looks where the groups of transactional producers are.
final class OffsetReader: Member {
    private let groups: [String]

    init(_ world: ScheduleWorld, _ groups: [String]) {
        self.groups = groups
        super.init(world, "offset reader")
    }

    override func act() {
        sleep(50, 800)
        guard line.isIdle else { return }
        let group = world.pick(groups)
        // A commit counts with its marker, which may come after the producer's answer: who does not
        // ask for what is stable may be told what was there before.
        let isStable = world.percent(50)
        let request = OffsetFetchRequest(
            groups: [
                .init(groupId: group, topics: [.init(name: "p", partitionIndexes: [0])])
            ], requireStable: isStable)
        line.ask(request, 9, for: OffsetFetchResponse.self) { [self] reply in
            guard let reply, let answer = reply.message.groups.first, answer.errorCode == .none,
                let row = answer.topics.first?.partitions.first, row.errorCode == ErrorCode.none
            else { return }
            world.count("offsets read")
            guard isStable else { return }
            world.take(
                world.offsets.read(
                    row.committedOffset, of: group + "/p-0", from: reply.sentAt, to: world.now))
        }
    }
}
