internal import Synchronization
internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Collects appends of many threads and commits them together: one write and one flush for all
/// that waited. It starts no thread; whoever needs a commit and finds none under way makes it.
///
///     submit ──► collecting ──commit──► committing ──write, flush──► acknowledged
///                (the lock)              (the committer, alone)
///
/// *Invariants*: acknowledged ≤ end of committing ≤ end of collecting; at most one committer, and
/// only it touches the log. Offsets are handed out under the lock, in the order in which the
/// batches will stand in the log.
/// *Threads*: any. No call waits while it holds the lock.
final class CommitCore: Sendable {
    let settings: SharedSettings
    let path: String
    let reader: LogReader
    let clock: any Clock
    /// Opened after every change that somebody may wait for who is not at the other gates.
    let gate = Gate()
    /// Where those wait who wait for a group: the even ones at the first, the odd ones at the
    /// second. Whoever is committed later is not woken with those before.
    private let groupGates = (Gate(), Gate())
    /// Where the commit thread sleeps.
    let threadGate = Gate()
    let owner: LogOwner
    let state: Mutex<State>

    // Copies of what is under the lock, for those who only look. They are stored under it:
    // `generation` before `finished`, so that whoever sees a group finished sees whether it failed.

    /// How many submissions wait for the next commit.
    let gathered = Atomic<Int>(0)
    /// How many generations have ended.
    let generation = Atomic<Int>(0)
    /// Up to which group all are decided.
    let finished = Atomic<Int>(0)

    /// Tasks that are to run in the commit thread, and how many there are.
    let jobs = Mutex<[UnownedJob]>([])
    let jobCount = Atomic<Int>(0)

    struct State: ~Copyable {
        var collecting = Staging()
        /// The buffer that the last commit gave back.
        var spare: Staging?
        /// The offset that the next submission gets.
        var endOffset: Offset
        /// What is known of producers there: what is collected and not written yet is included, and
        /// forgotten again if its commit fails.
        var producers: ProducerStates
        /// How often the log's own knowledge of producers was taken back when this was copied.
        var producersTakenBack = 0
        /// Everything before it is acknowledged.
        var acknowledged: Offset
        /// What ended each earlier generation: its tickets past the offset failed. A generation
        /// that a cut of the log ended has no failed ones.
        var failures: [(acknowledged: Offset, error: LogError?)] = []
        /// Whether submissions wait: the log is being cut, and their offsets go on where it ends
        /// then.
        var isHeld = false
        /// Who commits, and when.
        var gathering = Gathering()
        /// The offset of the first submission that gathers.
        var gatheringStart: Offset
        /// Why nothing more is taken; nil while the log is open and sound.
        var closing: LogError?
        var isShutDown = false
        var hasThread = false
        var isThreadAsleep = false
        /// Bytes that are being written.
        var committingSize = 0
        var tasks = WaitingTasks()
    }

    init(owner: LogOwner, settings: SharedSettings) {
        self.owner = owner
        self.settings = settings
        path = owner.log.path
        reader = owner.reader
        clock = owner.clock
        let end = owner.reader.ends.written
        state = Mutex(
            State(
                spare: Staging(), endOffset: end, producers: owner.log.producers,
                acknowledged: end, gatheringStart: end))
    }

    /// Where those wait whose submissions are in `group`.
    func gate(ofGroup group: Int) -> Gate { group & 1 == 0 ? groupGates.0 : groupGates.1 }

    // MARK: Submitting

    /// A submission, and what its submitter is to do if it waits.
    struct Submission {
        var outcome: SubmitOutcome
        /// Nil for one who does not wait, or has nothing to wait for.
        var turn: Turn?
    }

    /// Hands over what `take` takes of it, under the lock.
    /// - Parameter isWaiting: whether the caller waits for it: its turn may have the committer's
    ///   role, so it goes to `wait(for:from:)` with that and nowhere else.
    func submit(
        isWaiting: Bool, _ take: (inout State) throws(LogError) -> SubmitOutcome
    ) throws(LogError) -> Submission {
        try state.withLock { state throws(LogError) in
            let outcome = try take(&state)
            guard case .accepted(let ticket) = outcome, !ticket.isDuplicate else {
                return Submission(outcome: outcome)
            }
            gathered.store(state.collecting.count, ordering: .releasing)
            let turn = isWaiting ? self.turn(for: ticket, in: &state) : nil
            return Submission(outcome: outcome, turn: turn)
        }
    }

    /// Takes whole batches that were checked.
    func submit(
        checked batches: RawSpan, _ checked: BatchMaker.Checked, isWaiting: Bool = false
    ) throws(LogError) -> Submission {
        if checked.carriesProducers {
            return try submit(isWaiting: isWaiting) { state throws(LogError) in
                try take(produced: batches, in: &state)
            }
        }
        return try submit(isWaiting: isWaiting) { state throws(LogError) in
            guard let start = try room(for: batches.byteCount, in: state) else { return .full }
            guard let end = start.advanced(byExactly: checked.count) else {
                throw LogError.offsetsExhausted(path: path)
            }
            state.collecting.add(batches, from: start, epoch: settings.leaderEpoch)
            return accept(start..<end, &state)
        }
    }

    /// Takes one record.
    func submit(
        _ record: Record, now: Timestamp, isWaiting: Bool = false
    ) throws(LogError) -> Submission {
        let size = try checkedSize(of: record)
        return try submit(isWaiting: isWaiting) { state throws(LogError) in
            guard let start = try room(for: size, in: state) else { return .full }
            guard let end = start.advanced(byExactly: 1) else {
                throw LogError.offsetsExhausted(path: path)
            }
            do throws(BatchBuildError) {
                try state.collecting.add(
                    record, now: now, at: start, settings: settings.batchSettings)
            } catch {
                throw LogError.refusedRecord(error)
            }
            return accept(start..<end, &state)
        }
    }

    private func accept(_ offsets: Range<Offset>, _ state: inout State) -> SubmitOutcome {
        state.endOffset = offsets.upperBound
        return .accepted(
            AppendTicket(
                offsets: offsets, isDuplicate: false, generation: state.failures.count,
                group: state.gathering.group))
    }

    /// The offset for a submission of `size` bytes; nil when it has to wait.
    func room(for size: Int, in state: borrowing State) throws(LogError) -> Offset? {
        if let closing = state.closing { throw closing }
        if state.isHeld { return nil }
        let waiting = state.collecting.size + state.committingSize
        // One submission is always taken, however large: otherwise it could never be.
        let isFull = waiting > 0 && waiting + size > settings.unflushedSizeMax.bytes
        return isFull ? nil : state.endOffset
    }

    /// The size of a batch with only this record in it, at most.
    private func checkedSize(of record: Record) throws(LogError) -> Int {
        let size = record.batchSizeBound
        let limit = settings.log.batchSizeMax
        guard size <= limit.bytes else { throw .tooLarge(size: ByteCount(size), limit: limit) }
        return size
    }

    // MARK: Outcomes

    /// Everything before it is acknowledged.
    var acknowledgedEnd: Offset { state.withLock { $0.acknowledged } }

    func outcome(of ticket: AppendTicket) -> AppendOutcome {
        state.withLock { Self.outcome(of: ticket, in: $0) }
    }

    static func outcome(of ticket: AppendTicket, in state: borrowing State) -> AppendOutcome {
        let end = ticket.offsets.upperBound
        if ticket.generation < state.failures.count {
            let failure = state.failures[ticket.generation]
            guard let error = failure.error, end > failure.acknowledged else {
                return .acknowledged
            }
            return .failed(error)
        }
        return end <= state.acknowledged ? .acknowledged : .pending
    }
}

extension Record {
    /// The size of a batch with only this record in it, at most.
    var batchSizeBound: Int {
        var size = BatchLayout.headerSize + 32 + (key?.count ?? 0) + (value?.count ?? 0)
        for header in headers { size += 10 + header.key.count + (header.value?.count ?? 0) }
        return size
    }
}

extension SharedSettings {
    /// What batches are like that are made of single records; the commit compresses them.
    var batchSettings: BatchSettings {
        var batch = BatchSettings()
        batch.leaderEpoch = leaderEpoch
        batch.sizeMax = batchSize
        return batch
    }
}
