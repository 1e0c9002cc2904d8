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
            switch outcome(of: ticket) {
            case .acknowledged: return
            case .failed(let error): throw error
            case .pending: break
            }
            await withCheckedContinuation { wake in
                let isDecided = state.withLock { state in
                    if case .pending = Self.outcome(of: ticket, in: state) {
                        state.tasks.waitForOutcome(of: ticket, wake)
                        return false
                    }
                    return true
                }
                if isDecided { wake.resume() } else { askThread() }
            }
        }
    }

    /// Suspends until a commit made room.
    func roomForMore() async {
        guard (try? needThread()) != nil else { return }
        await withCheckedContinuation { wake in
            let mustWait = state.withLock { state in
                let isBusy = !state.collecting.isEmpty || state.gathering.isCommitting
                guard isBusy, state.closing == nil else { return false }
                state.tasks.waitForRoom(wake)
                return true
            }
            if mustWait { askThread() } else { wake.resume() }
        }
    }
}
