internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// The thread that commits for tasks, which must not block, runs those that prefer it, and flushes
/// when an interval is over. Blocking callers do not need it: one of them commits.
enum CommitThread {
    /// How long the thread looks for new work before it sleeps: waking it costs as much as some
    /// ten appends, and tasks that were just answered tend to come back.
    private static let spin = Duration.microseconds(50)

    /// - Returns: false when the system gives no thread.
    static func start(for core: CommitCore) -> Bool {
        LinuxThread.start(name: "varve-commit") { run(core) }
    }

    private static func run(_ core: CommitCore) {
        // Nothing to look out for before the first commit, nor after an interval ended a sleep.
        var looksUntil: Instant?
        var jobs: [UnownedJob] = []
        while true {
            let seen = core.gate.seen
            core.runJobs(by: &jobs)
            if core.isClosed {
                if core.mayStopThread() { return }
                continue
            }
            switch core.commitLingering() {
            case .committed: looksUntil = core.clock.now().advanced(by: spin)
            case .busy: core.gate.wait(unlessOpenedSince: seen)
            case .idle:
                core.flushIfDue()
                if let end = looksUntil.take(), core.looksOut(until: end) { continue }
                core.sleepUntilAsked()
            }
        }
    }
}
