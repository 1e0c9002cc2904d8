internal import Synchronization
internal import VarveBytes
public import VarveLog
public import VarveRecords
internal import VarveSystem
public import VarveTerms

// Appending from tasks. A task that waits for the disk suspends; the commit thread answers it, so
// no thread of the cooperative pool ever blocks in a flush.
extension SharedLog {
    /// Appends one record and suspends until it is safe. Cancelling the task does not take the
    /// record back: it was handed over before the first suspension.
    /// - Returns: its offset.
    /// - Throws: as the blocking `append`.
    @discardableResult
    public func append(_ record: Record) async throws(LogError) -> Offset {
        let now = core.clock.wallClock()
        while true {
            if case .accepted(let ticket) = try core.submit(record, now: now).outcome {
                try await core.outcome(awaiting: ticket)
                return ticket.offsets.lowerBound
            }
            await core.roomForMore()
        }
    }

    /// Runs tasks in the thread that commits for tasks, between its commits. For tasks that do
    /// little but append: their answers wake no other thread, which is most of what an append by a
    /// task costs beside the flush.
    ///
    ///     Task(executorPreference: log.executor) {
    ///         for line in lines { _ = try await log.append(line) }
    ///     }
    ///
    /// Not for tasks that compute much or block: every task that appends waits for them, and while
    /// a commit is under way they wait for it. Jobs run after the log was closed as well.
    public var executor: any TaskExecutor { core }

    /// Appends a record of text and suspends until it is safe.
    @discardableResult
    public func append(_ text: String) async throws(LogError) -> Offset {
        try await append(Record(text: text))
    }

    /// Appends records as one batch, or a few when they are many, and suspends until all are safe.
    /// - Returns: their offsets, one after the other in the order given.
    @discardableResult
    public func append(_ records: [Record]) async throws(LogError) -> Range<Offset> {
        while true {
            if case .accepted(let ticket) = try submit(records) {
                try await core.outcome(awaiting: ticket)
                return ticket.offsets
            }
            await core.roomForMore()
        }
    }

    /// Hands records over as one batch, or a few when they are many, without waiting.
    public func submit(_ records: [Record]) throws(LogError) -> SubmitOutcome {
        let batches = try BatchMaker.batches(
            of: records, settings: settings, now: core.clock.wallClock())
        return try core.submit(
            checked: batches.bytes, BatchMaker.Checked(count: batches.count)
        ).outcome
    }

    /// Suspends until the ticket has an outcome.
    /// - Throws: what the submission failed with.
    public func outcome(awaiting ticket: AppendTicket) async throws(LogError) {
        try await core.outcome(awaiting: ticket)
    }
}

extension CommitCore {
    func outcome(awaiting ticket: AppendTicket) async throws(LogError) {
        try needThread()
        while true {
            await withCheckedContinuation { wake in
                let waking = state.withLock { state -> Waking? in
                    guard case .pending = Self.outcome(of: ticket, in: state) else { return nil }
                    state.tasks.waitForOutcome(of: ticket, wake)
                    return state.askThread()
                }
                if let waking { wakeOwnThread(waking) } else { wake.resume() }
            }
            if isAcknowledged(ticket) { return }
            switch outcome(of: ticket) {
            case .acknowledged: return
            case .failed(let error): throw error
            case .pending: continue
            }
        }
    }

    /// Suspends until a commit made room.
    func roomForMore() async {
        guard (try? needThread()) != nil else { return }
        await withCheckedContinuation { wake in
            let waking = state.withLock { state -> Waking? in
                let isBusy = !state.collecting.isEmpty || state.gathering.isCommitting
                guard isBusy, state.closing == nil else { return nil }
                state.tasks.waitForRoom(wake)
                return state.askThread()
            }
            if let waking { wakeOwnThread(waking) } else { wake.resume() }
        }
    }
}
