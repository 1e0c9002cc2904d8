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
/// may be lost. Without any snapshot the whole log is gone through; that happens to a directory that
/// some other program closed, and once.
struct ProducerRecovery {
    private let segments: [Segment]
    private let end: Offset
    private let known: Offset
    private let folder: String
    private let fileSystem: any FileSystem
    private(set) var states = ProducerStates()
    private(set) var snapshots: ProducerSnapshots
    /// Snapshots that were not to be believed.
    private(set) var damagedSnapshots: [Offset] = []
    /// Segments whose transaction index was not to be believed.
    private(set) var damagedIndexes: [Offset] = []
    /// Bytes of batches that were passed.
    private(set) var size = 0

    /// - Parameters:
    ///   - segments: those that stay, their files as they are to be.
    ///   - known: everything below was flushed.
    init(
        of segments: [Segment], end: Offset, knownFlushed known: Offset, folder: String,
        in fileSystem: any FileSystem
    ) throws(LogError) {
        self.segments = segments
        self.end = end
        self.known = known
        self.folder = folder
        self.fileSystem = fileSystem
        snapshots = try wrapping { () throws(FileError) in
            try ProducerSnapshots(folder: folder, in: fileSystem)
        }
    }

    mutating func run() throws(LogError) {
        let first = segments.first?.baseOffset ?? end
        let start = try newest(atMost: max(first, min(end, known)), damaged: &damagedSnapshots)
        if snapshots.offsets.contains(start.offset) { snapshots.didBelieve(start.offset) }
        try repairIndexes(before: start.offset)
        var replay = ProducerReplay(start.states, from: start.offset)
        try replay.run(over: segments, to: end, through: .includingUnflushed)
        (states, size) = (replay.states, size + replay.size)
        var mustFlush = false
        for segment in segments.drop(while: { !holds($0, start.offset) }) {
            let made = replay.aborted[segment.baseOffset] ?? []
            if try settle(segment, from: start.offset, made) { mustFlush = true }
        }
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
    private func settle(
        _ segment: Segment, from start: Offset, _ made: [AbortedTransaction]
    ) throws(LogError) -> Bool {
        let stored = try segment.transactionIndex.load()
        let kept = (stored ?? []).filter { $0.lastOffset < start }
        let entries = kept + made
        guard entries != stored else {
            _ = try segment.transactionIndex.entries()
            return false
        }
        segment.transactionIndex.replace(with: entries)
        return try wrapping { () throws(FileError) in
            try segment.transactionIndex.store(.flushed)
        }
    }

    /// Makes damaged indexes of segments anew that the replay does not reach, or only in part.
    private mutating func repairIndexes(before start: Offset) throws(LogError) {
        for segment in segments where segment.baseOffset < start {
            guard try segment.transactionIndex.load() == nil else { continue }
            damagedIndexes.append(segment.baseOffset)
            var unsound: [Offset] = []
            let from = try newest(atMost: segment.baseOffset, damaged: &unsound)
            var replay = ProducerReplay(from.states, from: from.offset)
            let end = min(next(after: segment) ?? end, end)
            try replay.run(over: segments, to: end, through: .includingUnflushed)
            size += replay.size
            segment.transactionIndex.replace(
                with: replay.aborted[segment.baseOffset] ?? [])
            _ = try wrapping { () throws(FileError) in
                try segment.transactionIndex.store(.flushed)
            }
        }
    }
}
