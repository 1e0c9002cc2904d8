internal import VarveSystem
internal import VarveTerms

/// Collects what a log knows of its producers when it is opened: the newest snapshot that is to be
/// believed, then the batches behind it; and sets the transaction indexes right on the way.
///
///     first segment ─── snapshot ─── known flushed ─── end
///                          │ batches with producer ids, read and checked │
///                          └ indexes: entries of markers from here on are made anew
///
/// A snapshot above the known-flushed offset is not used: the index entries of markers before it
/// may be lost. Without any snapshot the whole log is gone through; that happens to a directory
/// that some other program closed, and once.
struct ProducerRecovery {
    private let segments: [Segment]
    private let end: Offset
    private let known: Offset
    private let folder: String
    private let fileSystem: any FileSystem
    private let mode: Mode
    /// Segments that have a file of aborted transactions.
    private let indexed: Set<Offset>
    /// No view of the log ends below.
    var flushed: Offset
    /// Segments whose index is not what it was when the log was closed, or is gone: a segment
    /// without aborted transactions has none, so that one which went missing shows nowhere else.
    var distrusted: Set<Offset> = []
    /// What was taken of the log, from the snapshot on.
    private(set) var replay: ProducerReplay
    private(set) var snapshots: ProducerSnapshots
    /// Snapshots that were not to be believed.
    private(set) var damagedSnapshots: [Offset] = []
    /// Segments whose transaction index was not to be believed.
    private(set) var damagedIndexes: [Offset] = []
    var states: ProducerStates {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.producersForgotten.isPlanted { return ProducerStates() }
        #endif
        return replay.states
    }

    /// What becomes of files that are not right.
    enum Mode: Sendable {
        /// They are removed or made anew.
        case repair
        /// They are passed over.
        case lookOnly
    }

    /// - Parameters:
    ///   - segments: those that stay, their files as they are to be.
    ///   - known: everything below was flushed.
    ///   - names: the folder's files that belong to segments; nil: they are listed.
    init(
        of segments: [Segment], end: Offset, knownFlushed known: Offset, folder: String,
        names: [SegmentFileName]? = nil, in fileSystem: any FileSystem, _ mode: Mode = .repair
    ) throws(LogError) {
        self.segments = segments
        self.end = end
        self.known = known
        self.folder = folder
        self.fileSystem = fileSystem
        self.mode = mode
        flushed = end
        replay = ProducerReplay(ProducerStates(), from: .zero)
        let listed = try wrapping { () throws(FileError) in
            if let names { return names }
            return try FolderNames(folder, in: fileSystem).segments
        }
        let names = listed.filter { $0.standing == .live }
        snapshots = ProducerSnapshots(
            folder: folder,
            offsets: names.filter { $0.content == .producerSnapshot }.map(\.baseOffset),
            in: fileSystem)
        indexed = Set(names.filter { $0.content == .transactionIndex }.map(\.baseOffset))
    }

    mutating func run() throws(LogError) {
        let first = segments.first?.baseOffset ?? end
        let start = try newest(atMost: max(first, min(end, known)), damaged: &damagedSnapshots)
        if snapshots.offsets.contains(start.offset) { snapshots.didBelieve(start.offset) }
        try repairIndexes(before: start.offset)
        replay = ProducerReplay(start.states, from: start.offset, flushed: flushed)
        try replay.run(over: segments, to: end, through: .includingUnflushed)
        var mustFlush = false
        for segment in segments.drop(while: { !holds($0, start.offset) }) {
            let made = replay.aborted[segment.baseOffset] ?? []
            if try settle(segment, from: start.offset, made) { mustFlush = true }
        }
        guard mode == .repair else { return }
        try wrapping { () throws(FileError) in
            let damaged = damagedSnapshots
            if try snapshots.remove(where: { $0 > end || damaged.contains($0) }) {
                mustFlush = true
            }
            // What is gone must not come back beside other batches.
            if mustFlush { try fileSystem.flushDirectory(folder) }
        }
    }

    /// The newest snapshot to be believed; where there is none, nothing is known at the log's
    /// first batch.
    private func newest(
        atMost limit: Offset, damaged: inout [Offset]
    ) throws(LogError) -> (offset: Offset, states: ProducerStates) {
        let first = segments.first?.baseOffset ?? end
        let (found, unsound) = try snapshots.newest(in: first...max(first, limit))
        damaged += unsound
        return found ?? (first, ProducerStates())
    }

    /// Whether a segment holds `offset`, or begins behind it.
    private func holds(_ segment: Segment, _ offset: Offset) -> Bool {
        guard let next = next(after: segment) else { return true }
        return next > offset
    }

    private func next(after segment: Segment) -> Offset? {
        segments.first { $0.baseOffset > segment.baseOffset }?.baseOffset
    }

    /// Sets a segment's index right from `start` on.
    /// - Returns: whether the folder has to be flushed for it.
    private mutating func settle(
        _ segment: Segment, from start: Offset, _ made: [AbortedTransaction]
    ) throws(LogError) -> Bool {
        let stored = try stored(of: segment)
        if segment.baseOffset >= start, distrusted.contains(segment.baseOffset) {
            damagedIndexes.append(segment.baseOffset)
        }
        let kept = (stored ?? []).filter { $0.lastOffset < start }
        let entries = kept + made
        guard entries != stored else {
            segment.transactionIndex.adopt(entries, .written)
            return false
        }
        segment.transactionIndex.replace(with: entries)
        guard mode == .repair else { return false }
        return try wrapping { () throws(FileError) in
            try segment.transactionIndex.store(.flushed)
        }
    }

    /// What a segment's file holds; nil when it is not to be believed.
    private func stored(of segment: Segment) throws(LogError) -> [AbortedTransaction]? {
        // Made anew just now; where nothing may be written, in memory alone.
        if damagedIndexes.contains(segment.baseOffset) {
            return try segment.transactionIndex.entries()
        }
        if distrusted.contains(segment.baseOffset) { return nil }
        guard indexed.contains(segment.baseOffset) else { return [] }
        return try segment.transactionIndex.load()
    }

    /// Makes damaged indexes of segments anew that the replay does not reach, or only in part.
    private mutating func repairIndexes(before start: Offset) throws(LogError) {
        for segment in segments where segment.baseOffset < start {
            if let stored = try stored(of: segment) {
                segment.transactionIndex.adopt(stored, .flushed)
                continue
            }
            damagedIndexes.append(segment.baseOffset)
            var unsound: [Offset] = []
            let from = try newest(atMost: segment.baseOffset, damaged: &unsound)
            var replay = ProducerReplay(from.states, from: from.offset)
            let end = min(next(after: segment) ?? end, end)
            try replay.run(over: segments, to: end, through: .includingUnflushed)
            segment.transactionIndex.replace(
                with: replay.aborted[segment.baseOffset] ?? [])
            guard mode == .repair else { continue }
            _ = try wrapping { () throws(FileError) in
                try segment.transactionIndex.store(.flushed)
            }
        }
    }
}
