import VarveTerms
import VarveWire

/// A member of a share group: it gets records, and accepts, releases or rejects them, or says
/// nothing until they are taken from it.
final class ShareMember: Member {
    private static let group = "sharers"
    private static let session = Duration.seconds(6)
    private static let lock = Duration.seconds(5)

    private let beats: Line
    private let memberID: String
    private var epoch: Int32 = 0
    private var isAssigned = false
    /// The next one of its session.
    private var sessionEpoch: Int32 = 0
    private var connection = 0
    private var held: Set<Int64> = []
    private var beatsAt: Instant
    /// Where the group stands, after the last fault.
    private var start: Int64?

    init(_ world: ScheduleWorld) {
        memberID = "sharer#\(world.newValue())"
        beatsAt = world.now
        beats = Line(world)
        super.init(world, memberID)
        takeLine(beats)
    }

    override var isSettled: Bool {
        held.isEmpty && start != nil && start == world.end(of: "s-0")
    }
    override var complaint: String {
        "epoch \(epoch), has \(held.sorted()), start \(String(describing: start))"
    }

    override func act() {
        sleep(20, 400)
        if beats.isIdle, world.now >= beatsAt { beat() }
        guard line.isIdle, isAssigned else { return }
        if !world.isCalm {
            switch Int.random(in: 0..<150, using: &world.random) {
            case 0: return end()
            case 1: return leave()
            case 2: return sleep(1000, 12_000)
            case 3:
                line.cut()
                return loseSession()
            default: break
            }
        }
        if !held.isEmpty, world.percent(world.isCalm ? 100 : 60) { return acknowledge() }
        if world.isCalm, world.percent(30) { return findStart() }
        fetch()
    }

    // MARK: Membership

    private func end() {
        world.shares.release(name)
        world.members.append(ShareMember(world))
        die()
    }

    private func leave() {
        world.shares.release(name)
        isAssigned = false
        let request = ShareGroupHeartbeatRequest(
            groupId: Self.group, memberId: memberID, memberEpoch: -1)
        guard beats.isIdle else { return end() }
        beats.ask(request, 1, for: ShareGroupHeartbeatResponse.self) { [self] _ in end() }
        sleep(20_000, 20_000)
    }

    private func beat() {
        beatsAt = world.now.advanced(by: .milliseconds(800))
        let request = ShareGroupHeartbeatRequest(
            groupId: Self.group, memberId: memberID, memberEpoch: epoch,
            subscribedTopicNames: epoch == 0 ? ["s"] : nil)
        beats.ask(request, 1, for: ShareGroupHeartbeatResponse.self) { [self] reply in
            guard let reply else { return }
            world.note("\(name) in \(request.memberEpoch) is told \(reply.message.memberEpoch)")
            switch reply.message.errorCode {
            case .none:
                epoch = reply.message.memberEpoch
                world.shares.heard(of: name, until: reply.sentAt.advanced(by: Self.session))
                if let assignment = reply.message.assignment {
                    isAssigned = !assignment.topicPartitions.isEmpty
                }
                world.count("share heartbeats")
            case .unknownMemberId, .fencedMemberEpoch, .groupIdNotFound: epoch = 0
            case let code where code.isPassing: break
            case let code: fail("heartbeat: \(code)")
            }
        }
    }

    private func findStart() {
        let request = DescribeShareGroupOffsetsRequest(
            groups: [.init(groupId: Self.group, topics: nil)])
        line.ask(request, 1, for: DescribeShareGroupOffsetsResponse.self) { [self] reply in
            start = reply?.message.groups.first?.topics.first?.partitions.first?.startOffset
        }
    }

    // MARK: Records

    private func loseSession() {
        world.shares.release(name)
        sessionEpoch = 0
        held = []
    }

    private func fetch() {
        if line.number != connection || sessionEpoch == 0 { loseSession() }
        var request = ShareFetchRequest(
            groupId: Self.group, memberId: memberID, shareSessionEpoch: sessionEpoch,
            maxWaitMs: 300, minBytes: 1, maxBytes: 1 << 20,
            maxRecords: world.pick([1, 3, 50]), batchSize: 50)
        if sessionEpoch == 0, let topic = world.topicIDs["s"] {
            request.topics = [.init(topicId: topic, partitions: [.init()])]
        }
        line.ask(request, 2, for: ShareFetchResponse.self) { [self] reply in
            connection = line.number
            guard let reply else {
                world.shares.lostFetch()
                return loseSession()
            }
            guard reply.message.errorCode == .none else { return refuse(reply.message.errorCode) }
            sessionEpoch += 1
            take(reply)
        }
    }

    private func refuse(_ code: ErrorCode) {
        switch code {
        case .shareSessionNotFound, .invalidShareSessionEpoch: loseSession()
        case let code where code.isPassing:
            line.cut()
            loseSession()
        default: fail("\(code)")
        }
    }

    private func take(_ reply: Reply<ShareFetchResponse>) {
        guard let row = reply.message.responses.first?.partitions.first else { return }
        guard row.errorCode == ErrorCode.none else {
            if !row.errorCode.isPassing, row.errorCode != .unknownServerError {
                fail("fetch: \(row.errorCode)")
            }
            return
        }
        guard let found = Frames.rows(in: reply.frame, row.records, from: 0) else {
            return fail("malformed records")
        }
        world.take(world.records.read(found.rows, of: "s-0"))
        guard row.acquiredRecords.allSatisfy({ $0.firstOffset <= $0.lastOffset }) else {
            return fail("gets a range that ends before it begins")
        }
        world.note("\(name) gets \(row.acquiredRecords.map { $0.firstOffset...$0.lastOffset })")
        let values = Set(found.rows.map(\.offset))
        for run in row.acquiredRecords {
            for offset in run.firstOffset...run.lastOffset {
                if !values.contains(offset) { fail("has \(offset) without its record") }
                held.insert(offset)
                world.count(run.deliveryCount > 1 ? "redelivered" : "delivered")
                world.take(
                    world.shares.delivered(
                        offset, count: Int(run.deliveryCount), to: name, asked: reply.sentAt,
                        until: reply.sentAt.advanced(by: Self.lock), at: world.now))
            }
        }
    }

    /// Says something about some of what it has.
    private func acknowledge() {
        guard line.number == connection, sessionEpoch > 0 else { return loseSession() }
        var batches: [ShareAcknowledgeRequest.AcknowledgementBatch] = []
        var finals: [Int64] = []
        for offset in held.sorted() where world.isCalm || world.percent(80) {
            let kind: Int8 = world.isCalm ? 1 : world.pick([1, 1, 1, 1, 1, 2, 2, 3])
            batches.append(
                .init(firstOffset: offset, lastOffset: offset, acknowledgeTypes: [kind]))
            if kind != 2 { finals.append(offset) }
            world.shares.say(offset, isFinal: kind != 2)
            held.remove(offset)
        }
        guard !batches.isEmpty, let topic = world.topicIDs["s"] else { return }
        let request = ShareAcknowledgeRequest(
            groupId: Self.group, memberId: memberID, shareSessionEpoch: sessionEpoch,
            topics: [.init(topicId: topic, partitions: [.init(acknowledgementBatches: batches)])])
        line.ask(request, 2, for: ShareAcknowledgeResponse.self) { [self] reply in
            guard let answer = reply?.message else { return loseSession() }
            guard answer.errorCode == .none else { return refuse(answer.errorCode) }
            sessionEpoch += 1
            let code = answer.responses.first?.partitions.first?.errorCode
            world.note("\(name) is done with \(finals): \(code, default: "nothing")")
            switch code {
            case ErrorCode.none:
                world.count("acknowledged")
                for offset in finals { world.shares.taken(offset, at: world.now) }
            case .invalidRecordState, .kafkaStorageError, .invalidRequest:
                // The broker may have forgotten that it gave them, even that it read so far.
                world.count("acknowledged too late")
            case let code? where code.isPassing: break
            default: fail("acknowledge: \(String(describing: code))")
            }
        }
    }
}
