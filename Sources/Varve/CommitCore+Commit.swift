internal import CVarve
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
        let (step, expected) = becomeCommitterOfCollected()
        guard case .committed = step else { return step }
        let didAllCome = linger(for: expected)
        let work = takeCollected(didAllCome: didAllCome)
        var failure: LogError?
        do {
            try owner.commit(work, compression: settings.compression)
        } catch {
            failure = error
        }
        finish(giving: work, failure)
        return .committed
    }

    /// Takes the role if something is collected.
    /// - Returns: with it how many took part in the last commit.
    private func becomeCommitterOfCollected() -> (CommitStep, expected: Int) {
        state.withLock { state in
            if state.isCommitting { return (.busy, 0) }
            if state.collecting.isEmpty { return (.idle, 0) }
            state.isCommitting = true
            if state.lingersToSkip > 0 {
                state.lingersToSkip -= 1
                return (.committed, 0)
            }
            return (.committed, state.lastCount)
        }
    }

    /// Waits a moment for those who took part in the last commit: they were just woken and are on
    /// their way back. Whoever appends alone never waits.
    ///
    /// - Returns: whether all came; if the time was over before, the machine has no processor for
    ///   them, and waiting only takes one more away. Nil when nobody is waited for.
    private func linger(for expected: Int) -> Bool? {
        guard expected > 1 else { return nil }
        guard submissions.load(ordering: .acquiring) < expected else { return true }
        let deadline = clock.now().advanced(by: settings.lingerMax)
        // The count bounds the wait where a simulated clock stands still.
        for spin in 1...Self.spinMax where submissions.load(ordering: .acquiring) < expected {
            varve_pause()
            if spin % 64 == 0, clock.now() >= deadline { return false }
        }
        return submissions.load(ordering: .acquiring) >= expected
    }

    /// Some milliseconds of pauses, far beyond any linger.
    private static var spinMax: Int { 1 << 16 }

    private func takeCollected(didAllCome: Bool?) -> Staging {
        let work = state.withLock { state -> Staging in
            if let didAllCome { state.noteLinger(didAllCome: didAllCome) }
            state.collecting.sealOpen()
            var work = state.spare.take() ?? Staging()
            swap(&work, &state.collecting)
            state.committingSize = work.size
            return work
        }
        submissions.subtract(work.count, ordering: .releasing)
        return work
    }

    /// Tells everybody what became of the commit, and gives the role back.
    private func finish(giving work: consuming Staging, _ failure: LogError?) {
        let count = work.count
        work.removeAll()
        var spare: Staging? = work
        let ends = reader.ends
        let ready = state.withLock { state -> [WaitingTasks.Wake] in
            state.isCommitting = false
            state.committingSize = 0
            state.lastCount = count
            state.acknowledged = max(state.acknowledged, acknowledgeable(ends))
            if let failure { giveUp(&state, failure) }
            state.spare = spare.take()
            return takeReady(&state)
        }
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
        submissions.subtract(state.collecting.count, ordering: .releasing)
        state.collecting.removeAll()
        state.endOffset = reader.ends.written
        state.takeProducers(of: owner.log)
        if case .poisoned = failure { state.closing = failure }
    }

    func takeReady(_ state: inout State) -> [WaitingTasks.Wake] {
        state.tasks.takeReady(
            acknowledged: state.acknowledged, generation: state.failures.count,
            visible: reader.endOffset)
    }

    // MARK: Waiting

    /// Waits until the ticket has an outcome, and commits if nobody else does.
    func wait(for ticket: AppendTicket) throws(LogError) {
        while true {
            let seen = gate.seen
            switch outcome(of: ticket) {
            case .acknowledged: return
            case .failed(let error): throw error
            case .pending: break
            }
            // Somebody else's commit may have taken this ticket along: look again after it.
            if case .busy = commit() { gate.wait(unlessOpenedSince: seen) }
        }
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
            guard !state.isCommitting, state.collecting.isEmpty else { return false }
            state.isCommitting = true
            state.isHeld = isCutting
            return true
        }
    }

    private func giveRoleBack() {
        let ends = reader.ends
        let ready = state.withLock { state -> [WaitingTasks.Wake] in
            state.isCommitting = false
            if state.isHeld {
                state.isHeld = false
                // Whoever did not look at a ticket yet must still find it acknowledged.
                state.failures.append((acknowledged: state.acknowledged, error: nil))
            }
            // What was done in the role may have cut the log, or flushed more of it.
            if state.collecting.isEmpty { state.endOffset = ends.written }
            if state.producersTakenBack != owner.log.producersTakenBack {
                state.takeProducers(of: owner.log)
            }
            state.acknowledged = acknowledgeable(ends)
            return takeReady(&state)
        }
        gate.open()
        for wake in ready { wake.resume() }
    }
}
