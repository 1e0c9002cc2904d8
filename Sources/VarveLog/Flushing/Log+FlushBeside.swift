internal import VarveSystem
public import VarveTerms

/// A flush of a log that is under way beside its owner, and what it will have made durable.
///
/// *Invariant*: while a log has one, its active segment stays the same, and nothing below `end` is
/// cut off or flushed in another way: whoever is to do so takes the outcome first.
final class FlushTicket {
    let job: FlushJob
    /// The log's file among those of the job.
    let place: Int
    let worker: any FlushWorker
    /// How far the active segment's file and the log were written when it began.
    let size: Int
    let end: Offset
    /// What was known of producers at `end`, where a snapshot is due.
    let producers: ProducerStates?

    init(_ log: Log, _ job: FlushJob, _ place: Int, _ worker: any FlushWorker) {
        (self.job, self.place, self.worker) = (job, place, worker)
        size = log.active.segment.writtenSize
        end = log.ends.written
        producers = log.isDurablePublishingDue ? log.producers : nil
    }
}

/// Flushes that run beside the owner, who goes on appending meanwhile.
///
///     ── write a ── beginFlush ── write b ── write c ── finishFlush ── a is durable, not b and c
///                      │ worker: fdatasync … returned │
///
/// What a flush covers was written before it began. Whether it also took along what was written
/// while it ran nobody knows, so that is not taken as durable.
extension Log {
    /// Whether a flush of the log runs beside its owner, or has ended so and was not finished.
    public var isFlushing: Bool { ticket != nil }

    /// How many bytes a flush beside the owner would make durable; zero where one cannot be begun.
    ///
    /// The first flush of an opening is none: before it recovery knows nothing of the log, and
    /// would take what a power cut leaves of several appends for damage.
    public var sizeForFlushBeside: ByteCount {
        guard ends.flushed < ends.written, case .open = standing, ticket == nil,
            endsFile.isDurable, unflushed.isEmpty, active.fileForFlush != nil
        else { return .zero }
        return ByteCount(unflushedActiveSize)
    }

    /// Has the system begin to write out what was appended, so that the flush that follows has less
    /// to wait for. Nothing is durable by it, and a failure shows in the flush.
    public func beginWritingOut() { active.fileForFlush?.file.beginWritingOut() }

    /// Up to how many bytes a log gains by sharing a flush with others.
    public static var sharedFlushSizeMax: ByteCount { ByteCount(DataDirectory.sharedSizeMax) }

    /// Begins one flush, beside the caller, of all that was appended to `logs`. They may be
    /// appended to, read and closed meanwhile. `finishFlush` takes the outcome up; so does
    /// every call that has to know it, and waits for it.
    ///
    /// - Precondition: `sizeForFlushBeside` of each of `logs` is not zero.
    /// - Parameters:
    ///   - logs: of any directories, all owned by the caller.
    ///   - worker: who runs the flush.
    ///   - done: called, from whatever thread, when it has run.
    /// - Returns: what was begun.
    public static func beginFlush(
        of logs: [Log], by worker: any FlushWorker,
        then done: @escaping @Sendable () -> Void
    ) -> FlushJob {
        let files = logs.map { log in
            guard log.sizeForFlushBeside > .zero, let file = log.active.fileForFlush else {
                preconditionFailure("\(log.path) has nothing to flush beside its owner")
            }
            return file
        }
        let job = FlushJob(files)
        for (place, log) in logs.enumerated() {
            log.ticket = FlushTicket(log, job, place, worker)
        }
        worker.start(job, then: done)
        return job
    }

    /// Takes up what became of a flush beside the owner, and waits for it first where it still
    /// runs; does nothing where there is none.
    ///
    /// On return what was appended before it began survives a power cut.
    /// - Throws: as `flush`: when the flush failed the log is poisoned, with all that is above the
    ///   last good flush, what was appended since the failed one began included.
    public func finishFlush() throws(LogError) {
        guard let done = ticket else { return try checkOpen() }
        awaitTicket()
        try checkOpen()
        if let cause = done.job.failure(at: done.place) { throw poison(cause) }
        #if VARVE_PLANTED_BUGS
            if PlantedBug.besideTakesAll.isPlanted {
                return didFlush(size: active.segment.writtenSize, through: ends.written)
            }
        #endif
        didFlush(size: done.size, through: done.end)
        // One as of the log's end has to wait while appends go on.
        if let known = done.producers { storeSnapshot(of: known, at: done.end) }
    }

    /// Lets a flush beside the owner end, whatever becomes of it: of a log that has stopped.
    func awaitTicket() {
        guard let done = ticket else { return }
        done.worker.wait(for: done.job)
        ticket = nil
    }
}
