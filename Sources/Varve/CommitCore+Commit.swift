internal import Synchronization
internal import VarveBytes
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

extension CommitCore {
    /// What came of an attempt to commit.
    enum CommitStep: Sendable {
        /// Everything that was collected is decided.
        case committed
        /// Nothing was collected.
        case idle
        /// Somebody else is committing.
        case busy
    }

    /// Commits what is collected, unless somebody else is at it.
    ///
    /// On return of `.committed` every ticket taken before the call has an outcome.
    func commit() -> CommitStep {
        let step = state.withLock { state -> CommitStep in
            if state.gathering.isCommitting { return .busy }
            if state.collecting.isEmpty { return .idle }
            return state.gathering.takeRole() ? .committed : .busy
        }
        if case .committed = step { commitCollected() }
        return step
    }

    /// The same, of the commit thread: waits a moment for those who took part in the last commit.
    func commitLingering() -> CommitStep {
        let (step, expected, limit) = state.withLock { state -> (CommitStep, Int, Duration) in
            if state.gathering.isCommitting { return (.busy, 0, .zero) }
            if state.collecting.isEmpty { return (.idle, 0, .zero) }
            guard let limit = state.gathering.partOfThread(count: state.collecting.count) else {
                return (.busy, 0, .zero)
            }
            return (.committed, state.gathering.expected, limit)
        }
        guard case .committed = step else { return step }
        if limit > .zero {
            _ = watch(for: expected, until: clock.now().advanced(by: limit))
            state.withLock { $0.gathering.noteGathered($0.collecting.count) }
        }
        commitCollected()
        return .committed
    }

    /// Commits what is collected. The caller has the role, and has it no more on return.
    private func commitCollected() {
        let work = takeCollected()
        let start = clock.now()
        var failure: LogError?
        do {
            try owner.commit(work, compression: settings.compression)
        } catch {
            failure = error
        }
        finish(giving: work, after: clock.now().duration(since: start), failure)
    }

    private func takeCollected() -> Staging {
        var work = state.withLock { state -> Staging in
            var work = state.spare.take() ?? Staging()
            swap(&work, &state.collecting)
            state.committingSize = work.size
            state.gatheringStart = state.endOffset
            state.gathering.didTake()
            gathered.store(0, ordering: .releasing)
            return work
        }
        work.sealOpen()
        return work
    }

    /// Tells everybody what became of the commit, and gives the role back.
    private func finish(
        giving work: consuming Staging, after duration: Duration, _ failure: LogError?
    ) {
        let count = work.count
        work.removeAll()
        var spare: Staging? = work
        let ends = reader.ends
        let (group, isMoreGathered, ready) = state.withLock { state in
            let group = state.gathering.group
            state.committingSize = 0
            state.acknowledged = max(state.acknowledged, acknowledgeable(ends))
            state.gathering.didCommit(
                count, gathered: state.collecting.count,
                lingerMax: min(duration, settings.lingerMax))
            if let failure { giveUp(&state, failure) }
            state.spare = spare.take()
            generation.store(state.failures.count, ordering: .releasing)
            finished.store(state.gathering.group - 1, ordering: .releasing)
            return (group, !state.collecting.isEmpty, takeReady(&state))
        }
        // First somebody who gets the disk to work again.
        if isMoreGathered {
            gate(ofGroup: group).openToOne()
        } else if failure != nil {
            gate(ofGroup: group).open()
        }
        gate(ofGroup: group - 1).open()
        gate.open()
        for wake in ready { wake.resume() }
    }

    /// What may be acknowledged once a commit succeeded.
    private func acknowledgeable(_ ends: LogEnds) -> Offset {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.sharedAcknowledgesWritten.isPlanted { return ends.written }
        #endif
        return settings.log.flushPolicy == .durable ? ends.flushed : ends.written
    }

    /// A commit failed: what was collected meanwhile has offsets that follow the failed ones, so
    /// it fails with them.
    private func giveUp(_ state: inout State, _ failure: LogError) {
        state.failures.append((acknowledged: state.acknowledged, error: failure))
        state.collecting.removeAll()
        gathered.store(0, ordering: .releasing)
        state.gathering.didGiveUp()
        state.endOffset = reader.ends.written
        state.gatheringStart = state.endOffset
        state.takeProducers(of: owner.log)
        if case .poisoned = failure { state.closing = failure }
    }

    func takeReady(_ state: inout State) -> [WaitingTasks.Wake] {
        state.tasks.takeReady(
            acknowledged: state.acknowledged, generation: state.failures.count,
            visible: reader.endOffset)
    }

    // MARK: Waiting

    /// What somebody who waits is to do, and what its gate had counted when that was found out.
    struct Turn {
        var part: Gathering.Part
        var seen: UInt32
    }

    /// The turn of who waits for a ticket that is pending.
    func turn(for ticket: AppendTicket, hasLingered: Bool = false, in state: inout State) -> Turn {
        let seen = gate(ofGroup: ticket.group).seen
        // The group before the one that gathers has a committer.
        guard ticket.group == state.gathering.group else { return Turn(part: .follow, seen: seen) }
        let part = state.gathering.part(count: state.collecting.count, hasLingered: hasLingered)
        return Turn(part: part, seen: seen)
    }

    /// Waits for a submission.
    /// - Returns: its offsets; nil when there was no room, and now may be.
    func offsets(of submission: Submission) throws(LogError) -> Range<Offset>? {
        guard case .accepted(let ticket) = submission.outcome else {
            waitForRoom()
            return nil
        }
        try wait(for: ticket, from: submission.turn)
        return ticket.offsets
    }

    /// Waits until the ticket has an outcome, and commits if that is the caller's part.
    /// - Parameter turn: what the submission said; nil to look.
    func wait(for ticket: AppendTicket, from turn: Turn? = nil) throws(LogError) {
        var next = turn
        var hasLingered = false
        while !isAcknowledged(ticket) {
            if next == nil { next = try look(for: ticket, hasLingered) }
            guard let turn = next.take() else { return }
            let gate = gate(ofGroup: ticket.group)
            switch turn.part {
            case .lead: commitCollected()
            case .follow: gate.wait(unlessOpenedSince: turn.seen)
            case .linger(let limit):
                gate.wait(unlessOpenedSince: turn.seen, for: limit)
                hasLingered = true
            }
        }
    }

    /// Whether the ticket is known to be acknowledged, without the lock. Where something failed
    /// since it was taken, only the lock tells.
    func isAcknowledged(_ ticket: AppendTicket) -> Bool {
        finished.load(ordering: .acquiring) >= ticket.group
            && generation.load(ordering: .acquiring) == ticket.generation
    }

    /// - Returns: nil when the ticket is acknowledged.
    private func look(
        for ticket: AppendTicket, _ hasLingered: Bool
    ) throws(LogError) -> Turn? {
        let (outcome, turn) = state.withLock { state -> (AppendOutcome, Turn?) in
            let outcome = Self.outcome(of: ticket, in: state)
            guard case .pending = outcome else { return (outcome, nil) }
            return (outcome, self.turn(for: ticket, hasLingered: hasLingered, in: &state))
        }
        if case .failed(let error) = outcome { throw error }
        return turn
    }

    /// Waits until there is room for another submission.
    func waitForRoom() {
        let seen = gate.seen
        if case .busy = commit() { gate.wait(unlessOpenedSince: seen) }
    }

    /// Runs `body` alone with the log, after everything that is under way.
    ///
    /// - Parameter isCutting: whether `body` may take the log's end back; submissions wait for it
    ///   then, since their offsets depend on it.
    func exclusively<Value>(
        isCutting: Bool = false, _ body: (LogOwner) throws(LogError) -> Value
    ) throws(LogError) -> Value {
        while true {
            let seen = gate.seen
            if becomeCommitterOfNothing(isCutting: isCutting) { break }
            if case .busy = commit() { gate.wait(unlessOpenedSince: seen) }
        }
        defer { giveRoleBack() }
        return try body(owner)
    }

    /// Takes the role when nothing is collected and nobody commits.
    private func becomeCommitterOfNothing(isCutting: Bool) -> Bool {
        state.withLock { state in
            guard state.collecting.isEmpty, state.gathering.takeRole() else { return false }
            state.isHeld = isCutting
            return true
        }
    }

    private func giveRoleBack() {
        let ends = reader.ends
        let (group, isMoreGathered, ready) = state.withLock { state in
            state.gathering.giveRoleBack()
            if state.isHeld {
                state.isHeld = false
                // Whoever did not look at a ticket yet must still find it acknowledged.
                state.failures.append((acknowledged: state.acknowledged, error: nil))
                generation.store(state.failures.count, ordering: .releasing)
            }
            // What was done in the role may have cut the log, or flushed more of it.
            if state.collecting.isEmpty {
                state.endOffset = ends.written
                state.gatheringStart = ends.written
            }
            if state.producersTakenBack != owner.log.producersTakenBack {
                state.takeProducers(of: owner.log)
            }
            state.acknowledged = acknowledgeable(ends)
            return (state.gathering.group, !state.collecting.isEmpty, takeReady(&state))
        }
        if isMoreGathered { gate(ofGroup: group).openToOne() }
        gate.open()
        for wake in ready { wake.resume() }
    }
}
