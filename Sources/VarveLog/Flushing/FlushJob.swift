internal import Synchronization
internal import VarveSystem

/// Flushes of the files of several logs, to be done beside the owner of the logs.
///
/// It has descriptors and what became of them, and nothing of the logs: what a flush that returned
/// means for a log, the log's owner decides, by `Log.finishFlush`. The descriptors live as long as
/// the job, whatever becomes of the logs meanwhile.
///
/// *Threads*: any; `run` is called once.
/// *Source*: docs/decisions/0015-flush-beside.md.
public final class FlushJob: Sendable {
    private let files: [SharedFile]
    /// For each file what its flush ended with; nil until all are done.
    private let outcomes = Mutex<[FileError?]?>(nil)

    init(_ files: [SharedFile]) { self.files = files }

    /// Whether every flush has returned, or failed.
    public var isDone: Bool { outcomes.withLock { $0 != nil } }

    /// Flushes each file. When it returns the job is done.
    /// - Complexity: one flush for each file; their bytes are on the way to the disk together.
    public func run() {
        if files.count > 1 { for shared in files { shared.file.beginWritingOut() } }
        let found = files.map { shared -> FileError? in
            do throws(FileError) {
                try shared.file.flush()
                return nil
            } catch {
                return error
            }
        }
        outcomes.withLock { $0 = found }
    }

    /// Why a file is not known to be flushed; nil when it is. One whose flush was never run is not.
    func failure(at place: Int) -> FileError? {
        guard let outcomes = outcomes.withLock({ $0 }) else {
            return FileError(.flush, files[place].file.path, .inputOutput)
        }
        return outcomes[place]
    }
}

/// Who runs flushes beside the owner of logs: a thread in life, in tests whoever decides when.
///
/// *Threads*: called by the owner of the logs.
public protocol FlushWorker: AnyObject, Sendable {
    /// Has `job.run()` called once, and `done` after it. Returns without waiting for either.
    func start(_ job: FlushJob, then done: @escaping @Sendable () -> Void)

    /// Returns once a job that was started is done.
    func wait(for job: FlushJob)
}
