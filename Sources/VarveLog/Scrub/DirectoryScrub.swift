internal import VarveSystem
public import VarveTerms

/// Goes through all logs of a data directory that nobody has open, step by step, and remembers
/// where it was left.
///
///     let scrub = try DirectoryScrub("/var/lib/varve", .resume, in: surroundings)
///     while !(try scrub.step(budget: .mib(1)).isDone) { … }
///
/// While this object lives nobody else can open the directory. A program that has it open scrubs
/// its own logs, with `Scrub`. Nothing is written but the quarantines and `varve.scrub`.
/// *Threads*: not `Sendable`.
public final class DirectoryScrub {
    private let path: String
    private let surroundings: Surroundings
    private let lock: DirectoryLock
    private var names: ArraySlice<LogName>
    private var current: (log: ReadOnlyLog, scrub: Scrub)?
    private var savedAt = 0
    /// Where to go on in the first log.
    private var first: ScrubMark?

    /// How many bytes there are in all, as the folders say.
    public let total: ByteCount
    /// How many of them were gone through, those of an earlier scrub that is resumed too.
    public private(set) var done = ByteCount.zero

    /// Where a scrub begins.
    public enum Beginning: Hashable, Sendable {
        case start
        /// Where the last one was left, if `varve.scrub` says so.
        case resume
    }

    /// What a step found.
    public struct Step: Hashable, Sendable {
        /// The log that was gone through; nil when there was none left.
        public var log: LogName?
        public var size = ByteCount.zero
        public var found: [CorruptRange] = []
        /// Whether the log's end was reached.
        public var isLogDone = false
        /// Whether all logs are done.
        public var isDone = false
    }

    /// - Parameter only: one log instead of all.
    /// - Throws: `.notADataDirectory`; `.noSuchLog`; `.locked`; `.file`.
    public init(
        _ path: String, _ beginning: Beginning = .start, only: LogName? = nil,
        in surroundings: Surroundings
    ) throws(LogError) {
        let fileSystem = surroundings.fileSystem
        let shape = try DirectoryShape(path, in: fileSystem)
        try shape.check(.mustExist)
        if let only, !shape.logs.contains(only) {
            throw .noSuchLog(path: path + "/" + only.folder)
        }
        lock = try DirectoryLock(path, processID: surroundings.processID, in: fileSystem)
        self.path = path
        self.surroundings = surroundings
        let all = only.map { [$0] } ?? shape.logs
        // A mark that cannot be understood only means that everything is read.
        first =
            beginning == .resume
            ? try? ScrubMark.load(path + "/" + ScrubMark.fileName, in: fileSystem) : nil
        var (total, before) = (0, 0)
        for name in all {
            let segments = try FolderListing(path + "/" + name.folder, in: fileSystem).segments
            total += segments.reduce(0) { $0 + $1.size }
            guard let first, name <= first.log else { continue }
            before += segments.reduce(0) { sum, file in
                let isDone = name < first.log || file.base < first.mark.segment
                return sum + (isDone ? file.size : 0)
            }
        }
        if let first { names = all.drop { $0 < first.log } } else { names = all[...] }
        if first?.log != names.first { first = nil }
        self.total = ByteCount(total)
        done = ByteCount(before + (first?.mark.position.bytes ?? 0))
    }

    private var fileSystem: any FileSystem { surroundings.fileSystem }

    /// Goes through at least `budget` bytes of one log, or to its end.
    ///
    /// - Throws: `.file` for what cannot be read; the next step goes on with the next log.
    public func step(budget: ByteCount) throws(LogError) -> Step {
        guard let name = names.first else {
            try wrapping { () throws(FileError) in
                try WholeFile.remove(path + "/" + ScrubMark.fileName, in: fileSystem)
            }
            return Step(isDone: true)
        }
        do throws(LogError) {
            return try step(through: name, budget)
        } catch {
            leave()
            throw error
        }
    }

    private func step(through name: LogName, _ budget: ByteCount) throws(LogError) -> Step {
        var place: (log: ReadOnlyLog, scrub: Scrub)
        if let current {
            place = current
        } else {
            let log = try ReadOnlyLog(
                name, in: path, visibility: .flushed, fileSystem: fileSystem,
                clock: surroundings.clock)
            place = (log, Scrub(of: log.reader, from: first?.mark))
        }
        let progress = try place.scrub.step(budget: budget)
        current = place
        done = done + progress.size
        var step = Step(log: name, size: progress.size, found: progress.found)
        if progress.isDone {
            step.isLogDone = true
            try place.log.reader.published.damage.store(in: place.log.path, fileSystem)
            leave()
        } else if done.bytes - savedAt >= Self.savingInterval {
            try save()
        }
        return step
    }

    private func leave() {
        names.removeFirst()
        current = nil
        first = nil
    }

    /// So many bytes are read again at most after a crash: a second or so of reading.
    private static let savingInterval = 1 << 30

    /// Stores where the scrub is, and what it found. On return `.resume` goes on from here.
    public func save() throws(LogError) {
        savedAt = done.bytes
        guard let name = names.first else { return }
        if let current {
            try current.log.reader.published.damage.store(in: current.log.path, fileSystem)
        }
        let mark = current?.scrub.mark ?? first?.mark ?? Scrub.Mark(segment: .zero)
        do {
            try ScrubMark(name, mark).store(at: path + "/" + ScrubMark.fileName, in: fileSystem)
        } catch {
            throw .checkpoint(error)
        }
    }
}
