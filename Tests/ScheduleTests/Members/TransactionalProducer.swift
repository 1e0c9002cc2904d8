import VarveRecords
import VarveTerms
import VarveWire

/// One process that runs transactions under an id. Another one may take the id over at any time;
/// this one does not know, and goes on.
final class TransactionalProducer: Member {
    let id: String
    /// By the rules of KIP-890, or by those before.
    private let usesV2: Bool
    private(set) var identity: (id: Int64, epoch: Int16)?
    /// Another one is known to have the id.
    private(set) var isFenced = false
    private var isOver = false
    private var sequences: [String: Int32] = [:]
    private var added: Set<String> = []
    private var attempt: Int?
    private var isSpoiled = false
    /// A commit was asked for, and may have been heard.
    private var isEnding = false
    private var lateCount = 0
    private var committedCount = 0

    private static let places = ["p-0", "p-1"]

    init(_ world: ScheduleWorld, id: String) {
        self.id = id
        usesV2 = id != "y"
        super.init(world, "\(id)#\(world.newValue())")
    }

    override var isSettled: Bool {
        isFenced || (world.isCalm && committedCount > 0 && attempt == nil)
    }
    override var complaint: String { "fenced \(isFenced), over \(isOver), \(committedCount) done" }

    // MARK: What it does next

    override func act() {
        sleep(10, 500)
        guard line.isIdle else { return }
        if isFenced { return actLate() }
        if isOver { return replace() }
        guard identity != nil else { return initialize() }
        guard !world.isCalm else {
            if committedCount == 0 || attempt != nil { finish() }
            return
        }
        switch Int.random(in: 0..<100, using: &world.random) {
        case 0..<3: replace()
        case 3..<5:
            // It stops for long, and wakes as one that may have been replaced.
            replace()
            sleep(2000, 15_000)
        case 5: die(andLeave: true)
        case 6..<50: produce()
        case 50..<65: commitOffset()
        default: if attempt != nil { end(isCommit: world.percent(70)) }
        }
    }

    private func finish() {
        if attempt == nil { return produce() }
        end(isCommit: true)
    }

    /// Another process begins under the same id.
    private func replace() {
        world.members.append(TransactionalProducer(world, id: id))
        world.count("replaced")
        if isOver { die() }
    }

    private func die(andLeave isLeft: Bool) {
        world.members.append(TransactionalProducer(world, id: id))
        die()
    }

    /// What a fenced producer tries comes to nothing.
    private func actLate() {
        lateCount += 1
        guard lateCount <= 3, let identity else { return die() }
        world.count("late")
        if world.schedule.bug == .fencedWriter { return world.writeFenced(identity.id) }
        if world.percent(60) {
            let (value, place) = (world.newValue(), world.pick(Self.places))
            world.records.send(value, to: place)
            world.records.end(value, .refused)
            send(value, to: place) { [self] code in
                if code == ErrorCode.none { fail("wrote \(value) though it is fenced") }
            }
        } else {
            let request = EndTxnRequest(
                transactionalId: id, producerId: identity.id, producerEpoch: identity.epoch,
                committed: world.percent(70))
            line.ask(request, usesV2 ? 5 : 3, for: EndTxnResponse.self) { [self] reply in
                if reply?.message.errorCode == ErrorCode.none { fail("ended though it is fenced") }
            }
        }
    }

    // MARK: Its beginning

    private func initialize() {
        let request = InitProducerIdRequest(transactionalId: id, transactionTimeoutMs: 8_000)
        line.ask(request, 4, for: InitProducerIdResponse.self) { [self] reply in
            guard let answer = reply?.message else { return }
            guard answer.errorCode == .none else {
                if !answer.errorCode.isPassing { fail("InitProducerId: \(answer.errorCode)") }
                return
            }
            identity = (answer.producerId, answer.producerEpoch)
            world.count("initialized")
            world.note("\(name) has epoch \(answer.producerEpoch)")
            let epoch = answer.producerEpoch
            world.take(world.transactions.fence(id, before: epoch, at: world.now))
            for case let other as TransactionalProducer in world.members
            where other !== self && other.id == id {
                guard let theirs = other.identity?.epoch else { continue }
                if theirs < epoch { other.fence() } else { fence() }
            }
        }
    }

    func fence() {
        isFenced = true
        attempt = nil
    }

    // MARK: Transactions

    private func begun() -> Int {
        if let attempt { return attempt }
        let number = world.transactions.begin(by: id, epoch: identity?.epoch ?? 0)
        attempt = number
        return number
    }

    /// Something of the transaction failed: it will not be committed.
    private func spoil(_ code: ErrorCode?) {
        isSpoiled = true
        guard let code, !code.isPassing else { return }
        take(code)
    }

    /// Takes an error that is not for another try.
    private func take(_ code: ErrorCode) {
        switch code {
        case .invalidProducerEpoch, .producerFenced, .invalidTxnState, .transactionAbortable,
            .invalidProducerIdMapping:
            isOver = true
        default: fail("\(code)")
        }
    }

    private func produce() {
        guard !isSpoiled, !isEnding else { return end(isCommit: false) }
        let (number, value, place) = (begun(), world.newValue(), world.pick(Self.places))
        world.transactions.send(value, to: place, in: number)
        let go = { [self] in
            send(value, to: place) { [self] code in
                guard attempt == number else { return }
                guard code == ErrorCode.none else { return spoil(code) }
                sequences[place, default: 0] += 1
                world.count("produced in transactions")
            }
        }
        guard !usesV2, !added.contains(place) else { return go() }
        add(place) { [self] code in
            guard attempt == number else { return }
            guard code == ErrorCode.none else { return spoil(code) }
            added.insert(place)
            go()
        }
    }

    private func send(_ value: Int, to place: String, then done: @escaping (ErrorCode?) -> Void) {
        guard let identity else { return }
        let stamp = ProducerStamp(
            id: identity.id, epoch: identity.epoch, baseSequence: sequences[place] ?? 0)
        let batch = Frames.batch(
            [value], of: stamp, isTransactional: true, at: world.wallClock)
        let request = ProduceRequest.one(batch, to: place, of: id)
        line.ask(
            request, usesV2 ? 12 : 9, records: batch, for: ProduceResponse.self
        ) { [self] reply in
            world.note(
                "\(name) \(identity) produces \(value) to \(place), sequence "
                    + "\(stamp.baseSequence ?? -1): \(reply?.message.code, default: "lost")")
            done(reply?.message.code)
        }
    }

    private func add(_ place: String, then done: @escaping (ErrorCode?) -> Void) {
        guard let identity else { return }
        let (topic, index) = Place.parts(of: place)
        let request = AddPartitionsToTxnRequest(
            v3AndBelowTransactionalId: id, v3AndBelowProducerId: identity.id,
            v3AndBelowProducerEpoch: identity.epoch,
            v3AndBelowTopics: [.init(name: topic, partitions: [index])])
        line.ask(request, 3, for: AddPartitionsToTxnResponse.self) {
            done(
                $0?.message.resultsByTopicV3AndBelow.first?.resultsByPartition.first?
                    .partitionErrorCode)
        }
    }

    private func commitOffset() {
        guard !isSpoiled, !isEnding, let identity else { return end(isCommit: false) }
        let number = begun()
        let go = { [self] in
            let offset = Int64(world.newValue())
            let key = "g-\(id)/p-0"
            let request = TxnOffsetCommitRequest(
                transactionalId: id, groupId: "g-" + id, producerId: identity.id,
                producerEpoch: identity.epoch,
                topics: [
                    .init(
                        name: "p", partitions: [.init(partitionIndex: 0, committedOffset: offset)])
                ])
            line.ask(
                request, usesV2 ? 5 : 3, for: TxnOffsetCommitResponse.self
            ) { [self] reply in
                guard attempt == number else { return }
                let code = reply?.message.topics.first?.partitions.first?.errorCode
                guard code == ErrorCode.none else { return spoil(code) }
                world.transactions.keep(offset, of: key, in: number, at: world.now)
                world.count("offsets in transactions")
                if world.schedule.bug == .offsetsAtOnce {
                    world.countOffsets(of: identity.id, in: "g-" + id)
                }
            }
        }
        guard !usesV2 else { return go() }
        let request = AddOffsetsToTxnRequest(
            transactionalId: id, producerId: identity.id, producerEpoch: identity.epoch,
            groupId: "g-" + id)
        line.ask(request, 3, for: AddOffsetsToTxnResponse.self) { [self] reply in
            guard attempt == number else { return }
            guard reply?.message.errorCode == ErrorCode.none else {
                return spoil(reply?.message.errorCode)
            }
            go()
        }
    }

    private func end(isCommit: Bool) {
        guard let identity, let number = attempt else { return }
        let isCommit = (isCommit && !isSpoiled) || isEnding
        if isCommit { world.transactions.askCommit(of: number) }
        let request = EndTxnRequest(
            transactionalId: id, producerId: identity.id, producerEpoch: identity.epoch,
            committed: isCommit)
        line.ask(request, usesV2 ? 5 : 3, for: EndTxnResponse.self) { [self] reply in
            let answer = reply?.message
            world.note(
                "\(name) \(identity) ends \(number), commit \(isCommit): "
                    + "\(answer?.errorCode, default: "lost")")
            guard attempt == number else { return }
            switch answer?.errorCode {
            case ErrorCode.none:
                conclude(number, isCommit: isCommit, next: answer)
            case let code? where code.isPassing: isEnding = isCommit
            case nil:
                isEnding = isCommit
                // By the old rules a request that comes late may end another transaction.
                if !usesV2 { giveUp(number, isCommit: isCommit) }
            case let code?:
                giveUp(number, isCommit: isCommit && isEnding)
                take(code)
            }
        }
    }

    private func conclude(_ number: Int, isCommit: Bool, next: EndTxnResponse?) {
        world.take(
            world.transactions.end(number, isCommit ? .committed : .aborted, at: world.now))
        world.count(isCommit ? "committed" : "aborted")
        if isCommit, world.isCalm { committedCount += 1 }
        attempt = nil
        // By the old rules nobody knows which of the records of a spoiled one are in the log.
        if isSpoiled, !usesV2 { isOver = true }
        (isSpoiled, isEnding, added) = (false, false, [])
        guard usesV2, let next else { return }
        identity = (next.producerId, next.producerEpoch)
        sequences = [:]
    }

    private func giveUp(_ number: Int, isCommit: Bool) {
        world.take(
            world.transactions.end(number, isCommit ? .unknown : .aborted, at: world.now))
        attempt = nil
        isOver = true
    }
}
