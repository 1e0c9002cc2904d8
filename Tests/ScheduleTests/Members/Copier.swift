import VarveRecords
import VarveTerms
import VarveWire

/// Copies a partition of `in` to one of `out`, each record once: what it writes and how far it has
/// read are one transaction. A new process takes over from where the last one was.
final class Copier: Member {
    private let index: Int32
    private var identity: (id: Int64, epoch: Int16)?
    private var position: Int64?
    private var sequence: Int32 = 0

    /// What becomes of a record.
    static func transformed(_ value: Int) -> Int { value + 1_000_000 }

    init(_ world: ScheduleWorld, _ index: Int32) {
        self.index = index
        super.init(world, "copier \(index)#\(world.newValue())")
    }

    private var id: String { "copy-\(index)" }
    private static let group = "copiers"

    override var isSettled: Bool { position != nil && position == world.end(of: "in-\(index)") }
    override var complaint: String { "at \(position ?? -1)" }

    override func act() {
        sleep(5, 200)
        guard line.isIdle else { return }
        if !world.isCalm {
            // Another one takes over; this one goes on, or does not.
            if world.chance(of: 40) { return restart(isDying: world.chance(of: 2)) }
            if world.chance(of: 60) { return sleep(1000, 12_000) }
        }
        guard identity != nil else { return initialize() }
        guard let position else { return findPosition() }
        fetch(from: position)
    }

    private func restart(isDying: Bool = true) {
        world.members.append(Copier(world, index))
        world.count("copiers replaced")
        if isDying { die() }
    }

    private func initialize() {
        let request = InitProducerIdRequest(transactionalId: id, transactionTimeoutMs: 8_000)
        line.ask(request, 4, for: InitProducerIdResponse.self) { [self] reply in
            guard let answer = reply?.message else { return }
            guard answer.errorCode == .none else {
                if !answer.errorCode.isPassing { fail("InitProducerId: \(answer.errorCode)") }
                return
            }
            identity = (answer.producerId, answer.producerEpoch)
        }
    }

    private func findPosition() {
        let request = OffsetFetchRequest(
            groups: [
                .init(
                    groupId: Self.group,
                    topics: [.init(name: "in", partitionIndexes: [index])])
            ], requireStable: true)
        line.ask(request, 9, for: OffsetFetchResponse.self) { [self] reply in
            guard let group = reply?.message.groups.first, group.errorCode == .none,
                let row = group.topics.first?.partitions.first
            else { return }
            switch row.errorCode {
            case .none: position = max(0, row.committedOffset)
            case .unstableOffsetCommit: world.count("unstable offsets")
            case let code where code.isPassing: break
            case let code: fail("OffsetFetch: \(code)")
            }
        }
    }

    private func fetch(from position: Int64) {
        let request = FetchRequest(
            maxWaitMs: 100, minBytes: 1, maxBytes: 1 << 20, isolationLevel: 1,
            topics: [
                .init(
                    topic: "in",
                    partitions: [
                        .init(
                            partition: index, fetchOffset: position,
                            partitionMaxBytes: world.pick([100, 300]))
                    ])
            ])
        line.ask(request, 12, for: FetchResponse.self) { [self] reply in
            guard let reply, let row = reply.message.responses.first?.partitions.first,
                row.errorCode == ErrorCode.none
            else { return }
            let aborted = (row.abortedTransactions ?? []).map { ($0.producerId, $0.firstOffset) }
            guard
                let found = Frames.rows(
                    in: reply.frame, row.records ?? RecordsSlice(), from: position,
                    without: aborted)
            else { return fail("in-\(index) gives malformed records") }
            if found.rows.isEmpty {
                self.position = found.next
            } else {
                write(found.rows.map { Self.transformed($0.value) }, next: found.next)
            }
        }
    }

    private func write(_ values: [Int], next: Int64) {
        guard let identity else { return }
        let stamp = ProducerStamp(
            id: identity.id, epoch: identity.epoch, baseSequence: sequence)
        let batch = Frames.batch(
            values, of: stamp, isTransactional: true, at: world.wallClock)
        let request = ProduceRequest.one(batch, to: "out-\(index)", of: id)
        line.ask(request, 12, records: batch, for: ProduceResponse.self) { [self] reply in
            guard goesOn(reply?.message.code) else { return }
            if world.schedule.bug == .offsetsBesideTransaction { return commitBeside(next) }
            commit(next)
        }
    }

    private func commit(_ next: Int64) {
        guard let identity else { return }
        let request = TxnOffsetCommitRequest(
            transactionalId: id, groupId: Self.group, producerId: identity.id,
            producerEpoch: identity.epoch,
            topics: [
                .init(
                    name: "in", partitions: [.init(partitionIndex: index, committedOffset: next)])
            ])
        line.ask(request, 5, for: TxnOffsetCommitResponse.self) { [self] reply in
            guard goesOn(reply?.message.topics.first?.partitions.first?.errorCode) else { return }
            end(next)
        }
    }

    private func end(_ next: Int64) {
        guard let identity else { return }
        let request = EndTxnRequest(
            transactionalId: id, producerId: identity.id, producerEpoch: identity.epoch,
            committed: true)
        line.ask(request, 5, for: EndTxnResponse.self) { [self] reply in
            guard goesOn(reply?.message.errorCode), let answer = reply?.message else { return }
            self.identity = (answer.producerId, answer.producerEpoch)
            (position, sequence) = (next, 0)
            world.count("copied")
        }
    }

    /// Whoever does not know what came of something begins anew as another process.
    private func goesOn(_ code: ErrorCode?) -> Bool {
        if code == ErrorCode.none { return true }
        restart()
        return false
    }

    private func commitBeside(_ next: Int64) {
        let request = OffsetCommitRequest(
            groupId: Self.group,
            topics: [
                .init(
                    name: "in", partitions: [.init(partitionIndex: index, committedOffset: next)])
            ])
        line.ask(request, 8, for: OffsetCommitResponse.self) { [self] reply in
            guard goesOn(reply?.message.topics.first?.partitions.first?.errorCode) else { return }
            end(next)
        }
    }
}
