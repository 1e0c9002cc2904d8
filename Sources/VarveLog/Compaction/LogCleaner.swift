internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
public import VarveTerms

/// Cleans a log once, in steps of bounded work: of each key only the latest record stays, as far
/// as the log can be cleaned. Between steps its owner appends, reads and does whatever else.
///
///     let cleaner = try log.makeCleaner(now: clock.wallClock())
///     while case .working(let progress) = try cleaner.step() { … }
///
/// Three stages: a survey of the transactions, a map from the keys of dirty records to their latest
/// offsets, and a rewriting of every segment up to where the map reaches, oldest first. Each group
/// of segments is replaced in one step that a crash undoes or completes; readers see the old
/// records or the new ones, in any case the latest of each key.
///
/// *Threads*: the log's owner's.
/// *Source*: Kafka's log cleaner, KIP-534; docs/internals/compaction.md.
public final class LogCleaner {
    let log: Log
    let settings: CompactionSettings
    let now: Timestamp
    let limits: CleaningLimits
    var stage = Stage.surveying
    var survey: LogSurvey
    var report: CleaningReport
    var map = OffsetMap(memory: 0, keyCountMax: 0)
    let hasher: KeyHasher
    /// Bytes that were read and written in this step.
    var moved = 0
    /// Where the stage is: which segment, and which byte of it.
    var slot = 0
    var position = 0
    /// Bytes that the stage has gone through, and that it goes through in all.
    var doneSize = 0
    var totalSize = 0
    var track = TransactionTrack([])
    var rewriter: BatchRewriter
    let decompressor = Decompressor()
    var scratch = ByteBuffer(capacity: 4096)
    /// The new bytes of the last batch.
    var output = ByteBuffer(capacity: 4096)
    var groups: [Range<Int>] = []
    var group = GroupWork()
    var cleaned: CleanedSegment?
    private let cutCount: Int

    enum Stage { case surveying, mapping, rewriting, finished }

    /// The outcome of a step.
    public enum Step: Hashable, Sendable {
        case working(CleaningProgress)
        case finished(CleaningReport)
    }

    init(_ log: Log, _ cleanability: Cleanability, now: Timestamp, limits: CleaningLimits) {
        self.log = log
        self.now = now
        self.limits = limits
        settings = log.settings.compaction
        cutCount = log.compaction.cutCount
        let randomness = log.surroundings.randomness
        hasher = KeyHasher(secret: randomness.next(), randomness.next())
        survey = LogSurvey(
            log.segments, end: min(limits.end ?? log.ends.flushed, log.ends.flushed))
        report = CleaningReport(
            dirty: cleanability.dirty, cleanEnd: cleanability.dirty.lowerBound,
            firstUncleanable: cleanability.dirty.upperBound)
        rewriter = BatchRewriter(
            RetentionRule(mapEnd: .zero, now: now, deleteRetention: .zero), hasher)
        totalSize = log.segments.reduce(0) { $0 + $1.flushedSize }
        log.compaction.cleaner = self
        if cleanability.dirty.isEmpty { finish(.nothingToClean) }
    }

    /// Does about `sizeMax` bytes of work, or one batch.
    ///
    /// - Throws: `.uncleanable`; `.file` when the disk fails. The cleaning has ended then: what was
    ///   replaced stays replaced, the rest of the log is as it was, and so are its readers.
    public func step(_ sizeMax: ByteCount = .mib(1)) throws(LogError) -> Step {
        do {
            try log.checkOpen()
            if stage != .finished, log.compaction.cutCount != cutCount {
                discard()
                finish(.overtaken)
            }
            return try advance(max(1, sizeMax.bytes))
        } catch {
            cancel()
            throw error
        }
    }

    private func advance(_ sizeMax: Int) throws(LogError) -> Step {
        moved = 0
        let progressStage: CleaningProgress.Stage
        switch stage {
        case .surveying:
            progressStage = .surveying
            try surveyOn(sizeMax)
        case .mapping:
            progressStage = .mapping
            try mapOn(sizeMax)
        case .rewriting:
            progressStage = .rewriting
            try rewriteOn(sizeMax)
        case .finished: return .finished(report)
        }
        guard stage != .finished else { return .finished(report) }
        return .working(
            CleaningProgress(
                stage: progressStage, done: ByteCount(min(doneSize, totalSize)),
                total: ByteCount(totalSize), moved: ByteCount(moved)))
    }

    /// Ends the cleaning where it is. What was replaced stays replaced; half-written segments are
    /// removed, or left to the next opening.
    public func cancel() {
        guard stage != .finished else { return }
        discard()
        finish(.overtaken)
    }

    func finish(_ ending: CleaningReport.Ending) {
        report.ending = ending
        stage = .finished
        if log.compaction.cleaner === self { log.compaction.cleaner = nil }
    }

    // MARK: Surveying

    private func surveyOn(_ sizeMax: Int) throws(LogError) {
        let before = survey.doneSize
        let isComplete = try survey.step(
            sizeMax, reader: log.reader, now: now, expiration: log.settings.producerAgeMax)
        doneSize = survey.doneSize
        moved += min(sizeMax, survey.doneSize - before)
        guard isComplete else { return }
        var end = report.firstUncleanable
        if let open = survey.producers.firstOpenOffset { end = min(end, open) }
        if let limit = limits.end { end = min(end, limit) }
        if survey.damage == nil, limits.end == nil {
            log.compaction.lastSurvey = (end, log.ends.written)
        }
        if let base = survey.damagedBase {
            log.compaction.damage = survey.damage
            end = min(end, base)
        }
        report.firstUncleanable = end
        guard end > report.dirty.lowerBound else {
            finish(survey.damage.map { .damaged($0) } ?? .nothingToClean)
            return
        }
        report.dirty = report.dirty.lowerBound..<end
        startMapping()
    }

    /// The segments that have records in the dirty range.
    var dirtySlots: Range<Int> {
        let segments = survey.segments
        let first =
            lastSlot(in: segments.count) {
                segments[$0].baseOffset <= report.dirty.lowerBound
            } ?? 0
        let end = segments.count { $0.baseOffset < report.dirty.upperBound }
        return first..<max(first, end)
    }

    /// Damage in a segment: nothing from its start on may be touched. The range is remembered, so
    /// that the next cleaning ends before it.
    func stop(at failure: WalkFailure, in segment: Segment, _ position: Int) throws(LogError) {
        let error = log.reader.damage(failure, in: segment, walk: position, .flushed)
        guard case .corrupt(let range) = error else { throw error }
        discard()
        log.compaction.damage = range
        finish(.damaged(range))
    }
}
