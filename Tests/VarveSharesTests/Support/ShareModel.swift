import VarveSeeds
import VarveTerms

@testable import VarveShares

/// A share partition, the coordinator of its state, members that come and go, and the oracles.
///
/// *Oracles*: no record that was accepted is given to anybody again; nobody gets a record that
/// another has; no delivery count is above the limit; what is read back after a crash is what was
/// acknowledged; in the end every record is accepted or archived.
struct ShareModel {
    /// What goes wrong on purpose.
    enum Bug: String, CaseIterable {
        /// Some of what must last is not written.
        case lostUpdates
        /// An acknowledgement is answered, and not taken.
        case forgottenAcknowledgements
        /// Members acquire from a copy of the partition.
        case staleAcquisitions
        /// Records are delivered more often than they may be.
        case noDeliveryLimit
        /// Locks do not end.
        case eternalLocks
        /// A crash brings back an older state.
        case oldState
    }

    private static let memberCount = 4
    private let key = SharePartitionKey(
        group: "g", topicID: UniqueID(high: 1, low: 1), partition: 0)
    private let bug: Bug?
    private var limits = ShareLimits()
    private var random: SeededRandom
    private var states = ShareStateCoordinator(.init(updatesPerSnapshot: 7))
    private var records: [ShareStateRecord] = []
    private var partition: SharePartition
    private var now: Int64 = 0

    /// The log: its batches, and where it begins.
    private var batches: [Range<Offset>] = []
    private var logEnd: Int64 = 0
    private var logStart: Int64 = 0

    private struct Lock {
        var member: Int
        var until: Int64
    }
    private var locks: [Int64: Lock] = [:]
    private var accepted: Set<Int64> = []
    private var givenUp: Set<Int64> = []
    private(set) var faults: [String] = []
    private(set) var seen: [String: Int] = [:]

    init(seed: UInt64, bug: Bug? = nil) {
        self.bug = bug
        random = SeededRandom(seed: seed)
        limits.deliveryCountMax = 4
        limits.inFlightCountMax = 40
        limits.lockDuration = .seconds(30)
        try? states.initialize(key, stateEpoch: 1, start: nil, at: .none, into: &records)
        var limits = limits
        if bug == .noDeliveryLimit { limits.deliveryCountMax = 9 }
        partition = SharePartition(start: Offset(0), stateEpoch: 1, limits: limits)
        self.limits.deliveryCountMax = 4
        keep()
    }

    // MARK: Steps

    mutating func step() {
        now += Int64.random(in: 0..<4, using: &random)
        if bug != .eternalLocks { expire() }
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<4: produce()
        case 4..<10: acquire(Int.random(in: 0..<Self.memberCount, using: &random))
        case 10..<16: acknowledge(Int.random(in: 0..<Self.memberCount, using: &random))
        case 16 where Bool.random(using: &random): rest()
        case 16: die(Int.random(in: 0..<Self.memberCount, using: &random))
        case 17 where Bool.random(using: &random): crash()
        case 17...18 where Bool.random(using: &random):
            intrude(Int.random(in: 0..<Self.memberCount, using: &random))
        case 18 where Int.random(in: 0..<4, using: &random) == 0: moveLogStart()
        default: now += Int64.random(in: 0..<20, using: &random)
        }
        note("step")
    }

    /// One member accepts everything that there is.
    mutating func settle() {
        for _ in 0..<(20 * (Int(logEnd) + 10)) {
            if partition.start.rawValue >= logEnd { break }
            now += 31
            if bug != .eternalLocks { expire() }
            acquire(0)
            for (offset, lock) in locks.sorted(by: { $0.key < $1.key }) where lock.member == 0 {
                say(.accept, offset, by: 0)
            }
        }
        if partition.start.rawValue < logEnd {
            fail("the end is not reached: \(partition.start) of \(logEnd)")
        }
        for offset in logStart..<logEnd where !accepted.contains(offset) {
            if !givenUp.contains(offset), isInLog(offset) { fail("\(offset) is lost") }
        }
    }

    private mutating func note(_ event: String) { seen[event, default: 0] += 1 }
    private mutating func fail(_ text: String) { if faults.count < 5 { faults.append(text) } }
    private var instant: Instant { Instant(nanoseconds: now * 1_000_000_000) }

    private func isInLog(_ offset: Int64) -> Bool {
        batches.contains { $0.contains(Offset(offset)) }
    }

    // MARK: What happens

    private mutating func produce() {
        // Now and then the log has a gap.
        let gap = Int.random(in: 0..<6, using: &random) == 0 ? Int64(2) : 0
        let lower = logEnd + gap
        logEnd = lower + Int64.random(in: 1..<7, using: &random)
        batches.append(Offset(lower)..<Offset(logEnd))
    }

    private mutating func acquire(_ member: Int) {
        let next = partition.nextOffset
        let log = LogBatches(Array(batches.drop { $0.upperBound <= next }.prefix(6)))
        let mode: AcquireRequest.Mode = Bool.random(using: &random) ? .recordLimit : .batchOptimized
        let request = AcquireRequest(
            member: "m\(member)", recordCountMax: Int64.random(in: 1..<15, using: &random),
            batchSize: 5, mode: mode)
        var copy = partition
        let got = copy.acquire(request, from: log, at: instant)
        if bug != .staleAcquisitions || Int.random(in: 0..<8, using: &random) != 0 {
            partition = copy
        }
        keep()
        for row in got {
            if row.deliveryCount > limits.deliveryCountMax {
                fail("\(row.deliveryCount) deliveries")
            }
            for offset in row.offsets.lowerBound.rawValue..<row.offsets.upperBound.rawValue {
                if accepted.contains(offset) { fail("\(offset) comes again") }
                if let lock = locks[offset], lock.until > now {
                    fail("\(offset) goes to \(member), and \(lock.member) has it")
                }
                locks[offset] = Lock(member: member, until: now + 30)
                note(row.deliveryCount > 1 ? "redelivery" : "delivery")
            }
        }
        if mode == .recordLimit, got.reduce(0, { $0 + $1.count }) > request.recordCountMax {
            fail("more than the limit")
        }
    }

    private mutating func acknowledge(_ member: Int) {
        let own = locks.filter { $0.value.member == member }.keys.sorted()
        guard let offset = own.randomElement(using: &random) else { return }
        let kinds: [Acknowledgement] = [.accept, .accept, .release, .reject, .renew, .gap]
        say(kinds.randomElement(using: &random) ?? .accept, offset, by: member)
    }

    /// A member speaks of a record that it does not have.
    private mutating func intrude(_ member: Int) {
        let offset = Int64.random(in: 0..<max(1, logEnd), using: &random)
        guard locks[offset]?.member != member, Offset(offset) >= partition.start,
            let row = AcknowledgedRecords(first: offset, last: offset, kinds: [.accept])
        else { return }
        var copy = partition
        do throws(ShareRefusal) {
            try copy.acknowledge([row], by: "m\(member)", at: instant)
            fail("\(member) accepts \(offset), which it does not have")
        } catch {
            note("refusal")
        }
    }

    private mutating func say(_ kind: Acknowledgement, _ offset: Int64, by member: Int) {
        guard let row = AcknowledgedRecords(first: offset, last: offset, kinds: [kind]) else {
            return fail("a row that makes sense is none")
        }
        var copy = partition
        do throws(ShareRefusal) {
            try copy.acknowledge([row], by: "m\(member)", at: instant)
        } catch {
            if let lock = locks[offset], lock.member == member, lock.until > now {
                fail("\(member) has \(offset), and is refused: \(error)")
            }
            return note("refusal")
        }
        let isForgotten =
            bug == .forgottenAcknowledgements && Int.random(in: 0..<8, using: &random) == 0
        if !isForgotten { partition = copy }
        keep()
        note("\(kind)")
        switch kind {
        case .accept: accepted.insert(offset)
        case .gap, .reject: givenUp.insert(offset)
        case .release: if isArchived(offset) { givenUp.insert(offset) }
        case .renew: locks[offset]?.until = now + 30
        }
        if kind != .renew { locks[offset] = nil }
    }

    private func isArchived(_ offset: Int64) -> Bool {
        guard Offset(offset) >= partition.start, Offset(offset) < partition.end else { return true }
        return partition.runs[partition.place(of: Offset(offset))].state.isFinal
    }

    private mutating func expire() {
        partition.expireLocks(at: instant)
        keep()
        let present = now
        drop { $0.until <= present }
    }

    private mutating func die(_ member: Int) {
        partition.release(from: "m\(member)")
        keep()
        drop { $0.member == member }
        note("death")
    }

    private mutating func drop(where isOver: (Lock) -> Bool) {
        for (offset, lock) in locks where isOver(lock) {
            locks[offset] = nil
            if isArchived(offset) { givenUp.insert(offset) }
        }
    }

    private mutating func moveLogStart() {
        guard logStart < logEnd else { return }
        logStart = Int64.random(in: logStart...logEnd, using: &random)
        batches = batches.compactMap { batch in
            batch.upperBound.rawValue > logStart ? batch : nil
        }
        partition.moveStart(to: Offset(logStart))
        keep()
        note("logStart")
    }

    /// What is written is durable at once; what was not written is gone after a crash.
    private mutating func keep() {
        guard let update = partition.takeUpdate() else { return }
        if bug == .lostUpdates, Int.random(in: 0..<8, using: &random) == 0 { return }
        do throws(ShareRefusal) {
            try states.write(
                update, to: key, stateEpoch: 1, leaderEpoch: 0, at: .none, into: &records)
        } catch {
            fail("the state is refused: \(error)")
        }
    }

    private mutating func crash() {
        note("crash")
        if bug == .oldState, records.count > 10 { records.removeLast(3) }
        var again = ShareStateCoordinator(.init(updatesPerSnapshot: 7))
        for (place, record) in records.enumerated() {
            again.apply(record, at: Offset(Int64(place)))
        }
        states = again
        guard let state = again.summary(of: key),
            var read = SharePartition(state, limits: partition.limits)
        else { return fail("there is no state any more") }
        read.moveStart(to: Offset(logStart))
        locks = [:]
        compare(read)
        partition = read
    }

    /// When nobody has a record, a partition that is made anew from its state is the same one.
    private mutating func rest() {
        guard locks.isEmpty, partition.nextLockEnd == nil else { return }
        note("rest")
        guard let state = states.summary(of: key),
            var read = SharePartition(state, limits: partition.limits)
        else { return fail("there is no state any more") }
        read.moveStart(to: Offset(logStart))
        guard bug == nil else { return }
        if read.start != partition.start || read.runs != partition.runs {
            fail("made anew: \(read.start) \(read.runs), was \(partition.start) \(partition.runs)")
        }
        partition = read
    }

    private mutating func compare(_ read: SharePartition) {
        for offset in read.start.rawValue..<max(read.start.rawValue, logEnd) {
            let isFinal =
                Offset(offset) < read.end && read.runs[read.place(of: Offset(offset))].state.isFinal
            if accepted.contains(offset) != (isFinal && accepted.contains(offset)) {
                fail("\(offset) was accepted, and is not after a crash")
            }
        }
        for offset in logStart..<max(logStart, read.start.rawValue)
        where isInLog(offset) && !accepted.contains(offset) && !givenUp.contains(offset) {
            fail("\(offset) was neither accepted nor given up, and is behind the start")
        }
    }
}
