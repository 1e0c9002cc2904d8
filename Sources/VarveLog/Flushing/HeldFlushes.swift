internal import Synchronization

/// Flushes beside the owner of logs, without a thread: each is held until it is told to run, or
/// until somebody has to know what became of it. For simulations, which choose the moment.
public final class HeldFlushes: FlushWorker {
    private struct Held {
        var job: FlushJob
        var done: @Sendable () -> Void
    }

    private let held = Mutex<[Held]>([])

    public init() {}

    /// How many jobs are held.
    public var count: Int { held.withLock { $0.count } }

    /// Runs the job that was started first.
    /// - Returns: false when none is held.
    @discardableResult
    public func runNext() -> Bool {
        let next = held.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let next else { return false }
        next.job.run()
        next.done()
        return true
    }

    /// The process that would have run them is gone: they never run.
    public func forgetAll() { held.withLock { $0 = [] } }

    public func start(_ job: FlushJob, then done: @escaping @Sendable () -> Void) {
        held.withLock { $0.append(Held(job: job, done: done)) }
    }

    public func wait(for job: FlushJob) {
        while !job.isDone, runNext() {}
    }
}
