internal import Synchronization
internal import VarveLinux
public import VarveLog

/// A thread that does flushes beside the owner of logs, one after the other.
///
/// It is started by the first flush, owns nothing but the descriptors of the flush that it does,
/// and ends when nobody can ask it for another one.
///
/// *Threads*: any may call.
public final class FlushThread: FlushWorker {
    private let desk = Desk()

    public init() {}

    deinit { desk.close() }

    public func start(_ job: FlushJob, then done: @escaping @Sendable () -> Void) {
        desk.start(job, then: done)
    }

    public func wait(for job: FlushJob) { desk.wait(for: job) }
}

/// What the thread and those who ask it share.
private final class Desk: Sendable {
    private struct Work {
        var job: FlushJob
        var done: @Sendable () -> Void
    }

    private struct State {
        var waiting: [Work] = []
        var isRunning = false
        var isClosed = false
    }

    private let state = Mutex(State())
    /// Opened when there is work, or there will be none.
    private let work = Gate()
    /// Opened when a job is done.
    private let ends = Gate()

    func start(_ job: FlushJob, then done: @escaping @Sendable () -> Void) {
        let mustStart = state.withLock { state in
            state.waiting.append(Work(job: job, done: done))
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart, !LinuxThread.start(name: "varve-flush", { self.run() }) {
            // The system gives no thread: whoever asks does it.
            state.withLock { $0.isRunning = false }
            while let next = take() { perform(next) }
        }
        work.open()
    }

    func wait(for job: FlushJob) {
        while true {
            let seen = ends.seen
            if job.isDone { return }
            ends.wait(unlessOpenedSince: seen)
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        work.open()
    }

    private func run() {
        while true {
            let seen = work.seen
            if let next = take() {
                perform(next)
            } else if state.withLock({ $0.isClosed }) {
                return
            } else {
                work.wait(unlessOpenedSince: seen)
            }
        }
    }

    private func take() -> Work? {
        state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    private func perform(_ work: Work) {
        work.job.run()
        ends.open()
        work.done()
    }
}
