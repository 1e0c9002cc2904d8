internal import CVarve
internal import Synchronization
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

// What the commit thread and its starter need of the core.
extension CommitCore {
    var noThread: FileError { FileError(.open, path, .tryAgain) }

    var isClosed: Bool { state.withLock { $0.isShutDown } }

    /// Sees to it that the thread looks at what there is to do: wakes it if it sleeps, starts it if
    /// there is none. Programs that only block need none.
    /// - Throws: `.file` when the system gives no thread.
    func askThread() throws(LogError) {
        try wakeThread(state.withLock { $0.askThread() })
    }

    /// Starts the thread if there is none.
    func needThread() throws(LogError) {
        try wakeThread(state.withLock { $0.hasThread ? .isAwake : $0.askThread() })
    }

    /// The same as `wakeThread`, for those who have seen to it that there is a thread. It ends when
    /// the log is closed, and whoever waits is answered then.
    func wakeOwnThread(_ waking: Waking) { try? wakeThread(waking) }

    /// How the thread is made to look at what there is to do.
    enum Waking { case isAwake, wake, start }

    func wakeThread(_ waking: Waking) throws(LogError) {
        switch waking {
        case .isAwake: return
        case .wake: threadGate.open()
        case .start:
            guard CommitThread.start(for: self) else {
                state.withLock { $0.hasThread = false }
                throw .file(noThread)
            }
        }
    }

    /// Waits for submissions or jobs, awake.
    /// - Returns: whether there are any.
    func looksOut(until deadline: Instant) -> Bool {
        watch(for: 1, until: deadline) || jobCount.load(ordering: .acquiring) > 0
    }

    /// Waits awake until so many submissions have gathered, since waking up would take as long as
    /// what is waited for; but lets others have the processor, who may be those that are to come.
    /// Jobs end the wait: they may submit.
    /// - Returns: whether they have.
    func watch(for count: Int, until deadline: Instant) -> Bool {
        // The count bounds the wait where a simulated clock stands still.
        for look in 1...4096 {
            if gathered.load(ordering: .acquiring) >= count { return true }
            if jobCount.load(ordering: .acquiring) > 0 { return false }
            if look % 8 == 0, clock.now() >= deadline { return false }
            varve_yield()
        }
        return false
    }

    func sleepUntilAsked() {
        let seen = threadGate.seen
        let maySleep = state.withLock { state in
            // Somebody may have submitted after the thread last looked.
            guard state.collecting.isEmpty, !state.isShutDown,
                jobCount.load(ordering: .acquiring) == 0
            else { return false }
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

    /// Ends the thread's life, unless there are jobs.
    func mayStopThread() -> Bool {
        let mayStop = state.withLock { state in
            if jobCount.load(ordering: .acquiring) == 0 { state.hasThread = false }
            return !state.hasThread
        }
        if mayStop { gate.open() }
        return mayStop
    }
}

extension CommitCore.State {
    /// Takes note that the thread is told to look at what there is to do.
    mutating func askThread() -> CommitCore.Waking {
        guard hasThread else {
            hasThread = true
            return .start
        }
        defer { isThreadAsleep = false }
        return isThreadAsleep ? .wake : .isAwake
    }
}
