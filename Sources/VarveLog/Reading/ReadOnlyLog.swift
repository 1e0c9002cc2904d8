internal import Synchronization
public import VarveSystem
public import VarveTerms

/// A log as somebody else keeps it: read without the lock and without writing anything, beside an
/// owner that appends, rolls, deletes and truncates, or after it is gone. For other processes, and
/// for directories that Apache Kafka wrote.
///
///     let log = try ReadOnlyLog(name, in: "/var/lib/varve", fileSystem: fileSystem)
///     while … {
///         switch try log.read(from: next) { … }
///         try log.refresh()
///     }
///
/// Bytes are copied, never mapped: a file may be cut at any moment. What is seen is what was there
/// at the opening or at the last `refresh`.
///
/// *Threads*: any number of threads may read and refresh.
public final class ReadOnlyLog: Sendable {
    public let name: LogName
    /// The log's folder.
    public let path: String
    /// Reads what the last `refresh` saw; a file that went since reads as out of range.
    public let reader: LogReader

    private let published: PublishedLog
    private let scan: FolderView
    private let seen: Mutex<Seen>

    /// What the last look saw, and what is known of transactions there, where that is asked for.
    private struct Seen: Sendable {
        var sight: FolderView.Sight
        var transactions: FolderTransactions?
    }

    /// Where a log's ends are known from.
    public enum EndsSource: Hashable, Sendable {
        /// Its owner published them: what is flushed is told from what is only written.
        case published
        /// The last segment was walked to its last whole batch: nothing says what is flushed.
        case found
    }

    /// Opens the folder of log `name` in the data directory at `directory`.
    ///
    /// - Parameters:
    ///   - visibility: how far reads go unless they say otherwise. Where nothing says what is
    ///     flushed (`EndsSource.found`) both go to the last whole batch.
    ///   - isolation: `.committed` to follow transactions as well, so that committed records can be
    ///     asked for; without it every record counts as committed.
    /// - Throws: `.noSuchLog` when there is no such folder; `.file` when it cannot be read.
    /// - Complexity: O(segments); the batches behind the last index entry are read.
    public convenience init(
        _ name: LogName, in directory: String, visibility: Visibility = .flushed,
        isolation: ReadIsolation = .uncommitted, fileSystem: any FileSystem
    ) throws(LogError) {
        try self.init(
            name, in: directory, visibility: visibility, isolation: isolation,
            fileSystem: fileSystem, clock: nil)
    }

    /// - Parameter clock: tells when damage is found, for whoever stores it.
    init(
        _ name: LogName, in directory: String, visibility: Visibility,
        isolation: ReadIsolation = .uncommitted, fileSystem: any FileSystem,
        clock: (any Clock)?
    ) throws(LogError) {
        self.name = name
        path = directory + "/" + name.folder
        scan = FolderView(name, directory: directory, folder: path, in: fileSystem)
        let sight = try scan.look(after: nil)
        var transactions: FolderTransactions?
        if isolation == .committed {
            transactions = FolderTransactions(folder: path, in: fileSystem)
            try transactions?.look(at: sight)
        }
        published = PublishedLog(
            segments: sight.segments, ends: sight.ends, stability: transactions?.stability,
            damage: KnownDamage(Quarantine.load(in: path, fileSystem), clock: clock))
        reader = LogReader(published, visibility: visibility)
        seen = Mutex(Seen(sight: sight, transactions: transactions))
    }

    /// Where the log starts and ends, as last seen.
    public var ends: LogEnds { published.ends }

    /// Where `ends` is known from.
    public var endsSource: EndsSource { seen.withLock { $0.sight.source } }

    /// The size of all segments' batches, as last seen.
    public var size: ByteCount {
        ByteCount(published.segments.reduce(0) { $0 + $1.writtenSize })
    }

    /// How many segments were there.
    public var segmentCount: Int { published.segments.count }

    /// Looks again at where the log starts and ends and which segments there are.
    /// - Returns: whether anything changed.
    /// - Throws: `.noSuchLog` when the folder is gone; `.file`.
    @discardableResult
    public func refresh() throws(LogError) -> Bool {
        let before = seen.withLock { $0 }
        let sight = try scan.look(after: before.sight)
        let hasChanged = !sight.isEqual(to: before.sight)
        var transactions = before.transactions
        if hasChanged { try transactions?.look(at: sight) }
        seen.withLock { $0 = Seen(sight: sight, transactions: transactions) }
        published.publish(
            segments: sight.segments, ends: sight.ends, stability: transactions?.stability)
        return hasChanged
    }

    /// Reads as `LogReader.read`; what looks damaged or gone is looked at once more after a
    /// `refresh`, since the owner may have cut or deleted it meanwhile.
    public func read(
        from offset: Offset, sizeMax: ByteCount = .mib(1), through visibility: Visibility? = nil,
        isolation: ReadIsolation = .uncommitted
    ) throws(LogError) -> ReadOutcome {
        do {
            let outcome = try reader.read(
                from: offset, sizeMax: sizeMax, through: visibility, isolation: isolation)
            guard case .outOfRange = outcome else { return outcome }
        } catch {
            guard case .corrupt = error else { throw error }
        }
        try refresh()
        for segment in published.segments { segment.sidecar?.forget() }
        return try reader.read(
            from: offset, sizeMax: sizeMax, through: visibility, isolation: isolation)
    }
}
