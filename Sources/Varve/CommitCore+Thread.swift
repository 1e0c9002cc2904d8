internal import CVarve
internal import Synchronization
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

// What the commit thread and its starter need of the core.
extension CommitCore {
    var noThread: FileError { FileError(.open, path, .tryAgain) }

    var isClosed: Bool { state.withLock { $0.isShutDown } }

    /// Starts the thread with the first task that appends; programs that only block need none.
    func needThread() throws(LogError) {
        let mustStart = state.withLock { state in
            defer { state.hasThread = true }
            return !state.hasThread
        }
        if mustStart { try CommitThread.start(for: self) }
    }

    /// Wakes the thread if it sleeps.
    func askThread() {
        let isAsleep = state.withLock { state in
            defer { state.isThreadAsleep = false }
            return state.isThreadAsleep
        }
        if isAsleep { threadGate.open() }
    }

    /// Waits for submissions, awake.
    /// - Returns: whether there are any.
    func looksOut(until deadline: Instant) -> Bool { watch(for: 1, until: deadline) }

    /// Waits awake until so many submissions have gathered, since waking up would take as long as
    /// what is waited for; but lets others have the processor, who may be those that are to come.
    /// - Returns: whether they have.
    func watch(for count: Int, until deadline: Instant) -> Bool {
        // The count bounds the wait where a simulated clock stands still.
        for look in 1...4096 {
            if gathered.load(ordering: .acquiring) >= count { return true }
            if look % 8 == 0, clock.now() >= deadline { return false }
            varve_yield()
        }
        return false
    }

    func sleepUntilAsked() {
        let seen = threadGate.seen
        let maySleep = state.withLock { state in
            // Somebody may have submitted after the thread last looked.
            guard state.collecting.isEmpty, !state.isShutDown else { return false }
            state.isThreadAsleep = true
            return true
        }
        guard maySleep else { return }
        var limit: Duration?
        if case .interval(let interval) = settings.log.flushPolicy { limit = interval }
        threadGate.wait(unlessOpenedSince: seen, for: limit)
        state.withLock { $0.isThreadAsleep = false }
    }

    /// Under `.interval`: flushes what was written, when it is time.
    func flushIfDue() {
        guard case .interval(let interval) = settings.log.flushPolicy else { return }
        // A failed flush poisons the log; the next append tells.
        try? exclusively { owner throws(LogError) in try owner.flushIfDue(interval) }
    }

    func didStopThread() {
        state.withLock { $0.hasThread = false }
        gate.open()
    }
}
