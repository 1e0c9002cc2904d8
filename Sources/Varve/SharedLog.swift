internal import VarveBytes
public import VarveLog
public import VarveRecords
internal import VarveSystem
public import VarveTerms

/// A durable log that many threads and tasks append to together, sharing their flushes; and that
/// any number of them read beside that.
///
///     let log = try SharedLog("/var/lib/app/events")
///     let offset = try log.append("signed up")          // blocks until it is on disk
///     let later = try await log.append("signed in")     // suspends until it is on disk
///     try log.close()
///
/// Three faces over one core: calls that block a thread, `async` calls that suspend a task, and
/// `submit` with `commit` for programs that run their own loop. Each append is told its offset
/// when, and only when, it has survived what `settings.log.flushPolicy` promises.
///
/// Not for a program that appends from one place only and wants no locks: that is `Log`.
/// *Threads*: any.
public final class SharedLog: Sendable {
    /// The data directory.
    public let path: String
    public let settings: SharedSettings
    /// Which log of the directory it is.
    public let name: LogName
    /// What opening it found and did.
    public let recovery: RecoveryReport
    /// Reads the log; any number of threads may use it.
    public let reader: LogReader
    let core: CommitCore

    /// Opens a log, recovers it where that is needed, and makes it when it is missing.
    ///
    /// - Parameters:
    ///   - path: a data directory, or where one is to be; it may hold other logs as well.
    ///   - name: `<topic>-<partition>`.
    /// - Throws: `LogError`: in use by another process, no data directory, no permission …
    public init(
        _ path: String, name: String = "log-0", settings: SharedSettings = SharedSettings(),
        in surroundings: Surroundings = .linux
    ) throws(LogError) {
        guard let logName = LogName(folder: name) else {
            throw .setting(name: "log", value: name, allowed: "<topic>-<partition>, as log-0")
        }
        let directory = try DataDirectory(path, in: surroundings)
        let log = try directory.openLog(logName, settings: settings.log)
        var settings = settings
        // Epochs never go back, whoever led the log before.
        settings.leaderEpoch = max(settings.leaderEpoch, log.latestEpoch ?? .zero)
        self.path = path
        self.settings = settings
        self.name = logName
        recovery = log.recovery
        reader = log.reader
        core = CommitCore(
            owner: LogOwner(directory: directory, log: log, clock: surroundings.clock),
            settings: settings)
        if case .interval = settings.log.flushPolicy { try core.needThread() }
    }

    deinit { try? core.close() }

    /// Where the log starts and ends.
    public var ends: LogEnds { reader.ends }

    // MARK: Appending, blocking the thread

    /// Appends one record and waits until it is safe.
    /// - Returns: its offset.
    /// - Throws: `.refusedRecord`, `.tooLarge`, `.file`: nothing was appended, and the log goes
    ///   on; `.poisoned`: a flush failed, whether the record survives is unknown, and the log
    ///   takes no more; `.closed`.
    @discardableResult
    public func append(_ record: Record) throws(LogError) -> Offset {
        let now = core.clock.wallClock()
        return try block { () throws(LogError) in
            try core.submit(record, now: now, isWaiting: true)
        }.lowerBound
    }

    /// Appends a record of text and waits until it is safe.
    @discardableResult
    public func append(_ text: String) throws(LogError) -> Offset {
        try append(Record(text: text))
    }

    /// Appends records as one batch, or a few when they are many, and waits until all are safe.
    /// The batches are built and compressed in this thread, so several threads compress at once.
    /// - Returns: their offsets, one after the other in the order given.
    @discardableResult
    public func append(_ records: [Record]) throws(LogError) -> Range<Offset> {
        let batches = try BatchMaker.batches(
            of: records, settings: settings, now: core.clock.wallClock())
        return try append(
            checked: batches.bytes, BatchMaker.Checked(count: batches.count))
    }

    /// Appends whole record batches as they are, but for the offsets and the epoch that they get,
    /// and waits until they are safe. Batches that their producer sent before, and that are known
    /// again, are not appended a second time.
    /// - Returns: the offsets that they cover; of a duplicate those that it got first.
    /// - Throws: as above; `.producer` for a gap in a producer's sequence or a stale epoch.
    @discardableResult
    public func append(
        batches: RawSpan, checking depth: AppendCheck = .records
    ) throws(LogError) -> Range<Offset> {
        let checked = try BatchMaker.check(batches, depth, settings: settings)
        return try append(checked: batches, checked)
    }

    func append(
        checked batches: RawSpan, _ checked: BatchMaker.Checked
    ) throws(LogError) -> Range<Offset> {
        while true {
            let submission = try core.submit(checked: batches, checked, isWaiting: true)
            if let offsets = try core.offsets(of: submission) { return offsets }
        }
    }

    private func block(
        _ submit: () throws(LogError) -> CommitCore.Submission
    ) throws(LogError) -> Range<Offset> {
        while true {
            if let offsets = try core.offsets(of: submit()) { return offsets }
        }
    }

    // MARK: The core itself

    /// Hands a record over without waiting.
    public func submit(_ record: Record) throws(LogError) -> SubmitOutcome {
        try core.submit(record, now: core.clock.wallClock()).outcome
    }

    /// Hands whole record batches over without waiting; their bytes are copied.
    public func submit(
        batches: RawSpan, checking depth: AppendCheck = .records
    ) throws(LogError) -> SubmitOutcome {
        let checked = try BatchMaker.check(batches, depth, settings: settings)
        return try core.submit(checked: batches, checked).outcome
    }

    /// Commits everything that was submitted, in this thread: one write and, under `.durable`, one
    /// flush. When another thread is committing it waits for that and goes on with the rest. On
    /// return every ticket taken before the call has an outcome.
    public func commit() {
        while true {
            let seen = core.gate.seen
            guard case .busy = core.commit() else { return }
            core.gate.wait(unlessOpenedSince: seen)
        }
    }

    /// What became of a submission; never waits.
    public func outcome(of ticket: AppendTicket) -> AppendOutcome { core.outcome(of: ticket) }

    /// Waits until the ticket has an outcome.
    /// - Throws: what the submission failed with.
    public func wait(for ticket: AppendTicket) throws(LogError) { try core.wait(for: ticket) }

    /// Everything before this offset is acknowledged.
    public var acknowledgedEnd: Offset { core.acknowledgedEnd }

    // MARK: Keeping

    /// Makes everything that was appended so far durable, whatever the policy.
    public func flush() throws(LogError) {
        try core.exclusively { owner throws(LogError) in try owner.log.flush() }
    }

    /// Makes `offset` the log's start; see `Log.deleteRecords(before:)`.
    @discardableResult
    public func deleteRecords(before offset: Offset) throws(LogError) -> Bool {
        try core.exclusively { owner throws(LogError) in
            try owner.log.deleteRecords(before: offset)
        }
    }

    /// Deletes what the settings' retention no longer keeps; see `Log.applyRetention(now:)`.
    @discardableResult
    public func applyRetention() throws(LogError) -> [Offset] {
        try core.exclusively { owner throws(LogError) in
            try owner.log.applyRetention(now: owner.clock.wallClock())
        }
    }

    /// Cuts off every record from `offset` on; see `Log.truncate(to:)`.
    @discardableResult
    public func truncate(to offset: Offset) throws(LogError) -> Offset {
        try core.exclusively(isCutting: true) { owner throws(LogError) in
            try owner.log.truncate(to: offset)
        }
    }

    /// Lets the log go on after a failed flush, in a new segment, from its last good flush; see
    /// `Log.resume()`. Appends that failed stay failed: the caller tries them again.
    @discardableResult
    public func resume() throws(LogError) -> Resumption? {
        let resumption = try core.exclusively(isCutting: true) { owner throws(LogError) in
            try owner.log.resume()
        }
        if resumption != nil { core.takeSubmissionsAgain() }
        return resumption
    }

    /// Records how far the log is flushed, so that recovery after a crash reads only what follows.
    public func checkpoint() throws(LogError) {
        try core.exclusively { owner throws(LogError) in try owner.directory.checkpoint() }
    }

    /// Commits what was submitted, closes the log and its directory cleanly, and lets everybody go
    /// who waits. Calls after it throw `.closed`; closing again does nothing.
    /// - Throws: what could not be done; the next opening then recovers.
    public func close() throws(LogError) { try core.close() }
}
