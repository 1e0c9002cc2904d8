internal import VarveBytes
internal import VarveSystem
public import VarveTerms

/// A log with one owner: append, flush, read, roll, cut. It starts no thread and takes no lock;
/// each call runs to its end. To append from many threads or tasks use `SharedLog`, which is built
/// on this.
///
/// Opened by `DataDirectory.openLog`. *Threads*: not `Sendable`; one owner at a time. `reader` may
/// be used by any number of threads beside it.
///
/// *Invariants*: `ends.start ≤ ends.flushed ≤ ends.written`; offsets are handed out in order and
/// never twice; the active segment starts at or before `ends.written`.
public final class Log {
    public let name: LogName
    /// The log's folder.
    public let path: String
    public internal(set) var settings: LogSettings {
        get { keeping.settings }
        set { keeping = keeping.with(newValue) }
    }
    /// The topic's id from `partition.metadata`; nil in a log from before there were ids.
    public let topicID: UniqueID?
    /// What opening it found and did.
    public var recovery: RecoveryReport { foundAtOpening.report(of: path) }
    /// Reads the log beside its writer.
    public let reader: LogReader

    let published: PublishedLog
    private(set) var keeping: LogKeeping
    var active: ActiveSegment
    /// All segments in order; the last is the active one.
    var segments: [Segment]
    /// Sealed segments whose bytes are not flushed yet; in order.
    var unflushed: [Segment] = []
    /// Where a roll failed half way: files of a segment that starts there may be left, so nothing
    /// may be appended before it, and a cut below it must remove them.
    var leftover: Offset?
    /// Deleted segments whose files could not be removed yet; in order.
    var doomed: [Offset] = []
    /// What compaction leaves for later; nil while it leaves nothing.
    private var leftByCompaction: Kept<CompactionStanding>?
    var endsFile: EndsFile
    var epochs: LeaderEpochHistory
    /// What is known of producers, as of the log's end.
    package internal(set) var producers: ProducerStates
    /// How often it was taken back, by a cut or since producers expired.
    package internal(set) var producersTakenBack = 0
    var snapshots: ProducerSnapshots
    var stability: TransactionStability {
        didSet { published.publish(stability: stability) }
    }
    private let foundAtOpening: OpeningFindings
    var inspection = BatchInspection()
    var standing = Standing.open
    /// When the last flush under `.interval` was.
    var lastFlush: Instant
    /// Whether the ends file was told of `ends`.
    var isPublished = false
    /// Bytes that were appended since the log was opened, in all and when the ends file was last
    /// flushed.
    var appendedSize = 0
    var durablyPublishedSize = 0
    /// How far its own file is flushed, where that is less than `ends` says: a ring has the rest.
    var inPlace: InPlace?
    /// The flush that runs beside the owner.
    var ticket: FlushTicket?
    /// The ring that may have bytes of this log.
    weak var commitRing: CommitRing?
    /// `appendedSize` when the indexes were last flushed; nil when something else may have changed
    /// them since.
    var indexedSize: Int?

    enum Standing {
        case open
        case closed
        indirect case poisoned(FileError)
    }

    /// Where the log starts and ends.
    public internal(set) var ends: LogEnds {
        didSet {
            if ends != oldValue { isPublished = false }
            published.publish(ends: ends)
        }
    }

    init(
        name: LogName, topicID: UniqueID?, plan: RecoveryPlan, active: consuming ActiveSegment,
        recovery: LogRecovery, keeping: LogKeeping
    ) {
        let (settings, surroundings) = (keeping.settings, keeping.surroundings)
        self.name = name
        self.topicID = topicID
        self.keeping = keeping
        lastFlush = surroundings.clock.now()
        path = recovery.files.folder
        foundAtOpening = OpeningFindings(plan.report)
        // A clean close flushed them.
        indexedSize = recovery.wasClosedCleanly && plan.report.isClean ? 0 : nil
        segments = plan.segments
        epochs = plan.epochs
        ends = plan.ends
        producers = plan.producers
        snapshots =
            plan.snapshots
            ?? ProducerSnapshots(folder: path, offsets: [], in: surroundings.fileSystem)
        stability = TransactionStability(firstOpen: plan.producers.firstOpenOffset)
        published = PublishedLog(
            segments: plan.segments, ends: plan.ends, stability: stability,
            damage: KnownDamage(clock: surroundings.clock))
        reader = LogReader(
            published,
            visibility: settings.flushPolicy == .durable ? .flushed : .includingUnflushed)
        endsFile = EndsFile(
            folder: path, last: plan.published, in: surroundings.fileSystem)
        self.active = active
    }

    // MARK: What the directory's logs share

    var surroundings: Surroundings { keeping.surroundings }
    var checkpoints: DirectoryCheckpoints { keeping.checkpoints }
    var staging: SharedStaging { keeping.staging }

    var files: SegmentFiles {
        SegmentFiles(
            folder: path, fileSystem: surroundings.fileSystem,
            creation: settings.segmentCreation)
    }

    /// What new segments' sidecars are made with: what was said of the log when it was closed
    /// counts for its opening alone.
    var integrity: LogIntegrity {
        LogIntegrity(
            identity: LogIdentity(topicID: topicID, partition: name.partition),
            now: surroundings.clock.wallClock())
    }

    /// What compaction leaves for later.
    var compaction: CompactionStanding {
        get { leftByCompaction?.value ?? CompactionStanding() }
        set {
            if let kept = leftByCompaction {
                kept.value = newValue
            } else {
                leftByCompaction = Kept(newValue)
            }
        }
    }

    /// How many segments the log has.
    public var segmentCount: Int { segments.count }

    /// The size of all segments' batches.
    public var size: ByteCount { ByteCount(segments.reduce(0) { $0 + $1.writtenSize }) }

    /// Bytes that were written and are not flushed.
    public var unflushedSize: ByteCount {
        let sealed = unflushed.reduce(0) { $0 + $1.writtenSize - $1.flushedSize }
        return ByteCount(sealed + active.segment.writtenSize - active.segment.flushedSize)
    }

    /// The leader epoch of the last batch; nil before the first.
    public var latestEpoch: LeaderEpoch? { epochs.latest?.epoch }

    func checkOpen() throws(LogError) {
        switch standing {
        case .open: return
        case .closed: throw .closed(path: path)
        case .poisoned(let cause): throw .poisoned(path: path, cause: cause)
        }
    }

    // MARK: Flushing

    /// On return every record appended so far survives a power cut.
    ///
    /// When it throws, nothing above the last good flush is known to be on disk: the log is
    /// poisoned and takes no more appends. The flush is never tried again.
    /// - Complexity: one `fdatasync` for each segment with unflushed bytes; usually one.
    public func flush() throws(LogError) {
        try finishFlush()
        guard ends.flushed < ends.written else { return }
        try flushInPlace()
    }

    /// On return every record appended so far survives a power cut in the log's own files.
    func flushInPlace() throws(LogError) {
        try finishFlush()
        guard ends.flushed < ends.written || inPlace != nil else { return }
        do {
            #if VARVE_PLANTED_BUGS
                if PlantedBug.sealedSegmentNotFlushed.isPlanted { unflushed.removeAll() }
            #endif
            for segment in unflushed { try flushSealed(segment) }
            unflushed.removeAll()
            try active.flush()
        } catch {
            #if VARVE_PLANTED_BUGS
                if PlantedBug.flushErrorIgnored.isPlanted {
                    return ends.didFlush(through: ends.written)
                }
            #endif
            throw poison(error)
        }
        didFlush(through: ends.written)
    }

    /// A flush of its own files has returned that covers all below `end`.
    private func didFlush(through end: Offset) {
        inPlace = nil
        ends.didFlush(through: end)
        if stability.isHolding { stability.didFlush(through: ends.flushed) }
        publishEnds()
    }

    /// A flush beside the owner has returned, which began when the active segment had `size` bytes.
    func didFlush(size: Int, through end: Offset) {
        active.segment.publish(flushedSize: size)
        didFlush(through: end)
    }

    private func flushSealed(_ segment: Segment) throws(FileError) {
        let paths = segment.paths
        // Nobody looks at sealed indexes again after a clean close: they are flushed with the log.
        for path in [paths.log, paths.offsetIndex, paths.timeIndex] {
            let file = try OpenFile(path, .readWriteOrCreate, in: surroundings.fileSystem)
            try file.flush()
        }
        if try segment.transactionIndex.store(.flushed) {
            try surroundings.fileSystem.flushDirectory(self.path)
        }
        segment.flushSidecar()
        segment.publish(flushedSize: segment.writtenSize)
    }

    /// Fences the log after a failed flush.
    func poison(_ cause: FileError) -> LogError {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.poisonForgotten.isPlanted { return .poisoned(path: path, cause: cause) }
        #endif
        standing = .poisoned(cause)
        // The next opening must not believe what the page cache shows above the last good flush.
        // Should this fail as well, recovery goes by the slot before, which says the same end.
        try? endsFile.publishDurably(endsNow(isPoisoned: true))
        return .poisoned(path: path, cause: cause)
    }

    // MARK: Telling others

    func endsNow(isPoisoned: Bool = false) -> PublishedEnds {
        // With unflushed sealed segments the flushed end lies in the first of them.
        let place = flushedSegment
        // After a failed flush of its own file only what a ring puts back there may be believed.
        let believed = isPoisoned ? inPlace?.size : nil
        return PublishedEnds(
            sequence: 0, bootID: surroundings.bootID, segmentBase: place.baseOffset,
            flushedSize: Int64(believed ?? place.flushedSize),
            writtenSize: Int64(place.writtenSize), ends: ends, isPoisoned: isPoisoned)
    }

    /// How the ends file is written.
    enum Publishing { case lazily, durably }

    /// Tells recovery and other processes where the log ends. A failure is no loss: the slot before
    /// remains, as a lower bound.
    ///
    /// Nothing waits for the disk but once in many MiB, so that after a power cut, too, recovery
    /// has no more than that to read.
    func publishEnds(_ publishing: Publishing = .lazily) {
        guard !isPublished else { return }
        let isDue = isDurablePublishingDue
        if publishing == .durably || isDue {
            active.flushSidecar()
            guard (try? endsFile.publishDurably(endsNow())) != nil else { return }
            durablyPublishedSize = appendedSize
            if isDue { storeSnapshot() }
        } else {
            guard (try? endsFile.publish(endsNow())) != nil else { return }
        }
        isPublished = true
    }

    var isDurablePublishingDue: Bool {
        appendedSize - durablyPublishedSize >= Self.durablePublishingInterval
    }

    /// 64 MiB are read and checked in some 10 ms from the page cache and in 70 ms from a disk of
    /// 1 GB/s; one more flush for so many bytes costs less than a thousandth of writing them.
    private static let durablePublishingInterval = 64 << 20

    // MARK: Closing

    /// Flushes, closes the indexes, and gives every file its true length. The data directory then
    /// records the log as closed; the log takes no more calls.
    ///
    /// - Throws: what could not be done; the log is closed all the same, and the next opening
    ///   recovers it.
    func close() throws(LogError) {
        if case .closed = standing { return }
        defer { standing = .closed }
        try checkOpen()
        try flushInPlace()
        // What is left of it the next opening completes, or takes back.
        compaction.cleaner?.cancel()
        try? settleCompaction()
        try trim()
        do {
            try active.finish()
            try active.flushIndexes()
        } catch {
            throw .file(error)
        }
        // Thousands of logs are closed one after the other.
        active.rest()
        storeSnapshot()
        noteEnds()
        // What is known of damage is found again.
        try? storeQuarantine()
    }

    /// Removes the ends file of a closed log, once the directory's checkpoints say as much as it
    /// does: until then it is what bounds a recovery.
    func removeEnds() throws(LogError) {
        try wrapping { () throws(FileError) in try endsFile.remove() }
    }

    /// Lets the next checkpoint of the directory say how far this log is flushed.
    public func noteForCheckpoint() throws(LogError) {
        try checkOpen()
        if inPlace != nil { try flushInPlace() }
        if indexedSize != appendedSize {
            let isResting = active.isResting
            try wrapping { () throws(FileError) in try active.flushIndexes() }
            if isResting { active.rest() }
            indexedSize = appendedSize
        }
        noteEnds()
        try storeQuarantine()
    }

    /// Gives the log's open files back where everything is flushed; the next append opens them
    /// again. For programs with many logs, few of which are written to at a time.
    /// - Returns: false, with nothing done, while there are bytes that its own files may lack.
    @discardableResult
    public func rest() -> Bool {
        guard case .open = standing, ends.flushed == ends.written, inPlace == nil else {
            return false
        }
        active.rest()
        endsFile.rest()
        return true
    }

    /// Takes the log out of use without a flush: its folder was renamed away.
    func abandon() {
        standing = .closed
        // A flush that still runs has the descriptor for itself.
        ticket = nil
        inPlace = nil
        active.rest()
        endsFile.rest()
    }

    private func noteEnds() {
        checkpoints.note(name, ends: ends, firstBase: doomed.first ?? segments[0].baseOffset)
    }
}
