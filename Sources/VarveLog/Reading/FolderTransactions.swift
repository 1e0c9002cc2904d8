internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// What a reader without the lock knows of a log's transactions: collected from a snapshot and the
/// batches behind it, as the owner does at an opening, but nothing is written.
struct FolderTransactions: Sendable {
    private let folder: String
    private let fileSystem: any FileSystem
    private var replay: ProducerReplay?
    private(set) var stability = TransactionStability()

    init(folder: String, in fileSystem: any FileSystem) {
        self.folder = folder
        self.fileSystem = fileSystem
    }

    /// Goes on to what a look saw; from the start where the log is not the one seen before.
    mutating func look(at sight: FolderView.Sight) throws(LogError) {
        if var known = replay, try isGoneOn(from: known, in: sight) {
            known.didFlush(through: sight.ends.flushed)
            try known.run(
                over: sight.segments, to: sight.ends.written, through: .includingUnflushed)
            try finish(known, in: sight)
        } else {
            try begin(sight)
        }
    }

    private mutating func begin(_ sight: FolderView.Sight) throws(LogError) {
        var recovery = try ProducerRecovery(
            of: sight.segments, end: sight.ends.written, knownFlushed: sight.knownFlushed,
            folder: folder, in: fileSystem, .lookOnly)
        recovery.flushed = sight.ends.flushed
        recovery.distrusted = sight.distrustedIndexes
        try recovery.run()
        replay = recovery.replay
        stability = recovery.replay.stability
    }

    private mutating func finish(
        _ known: ProducerReplay, in sight: FolderView.Sight
    ) throws(LogError) {
        for segment in sight.segments {
            // Only where a segment was seen for the first time, or more of it.
            guard let made = known.aborted[segment.baseOffset] else { continue }
            let stored = (try? segment.transactionIndex.entries()) ?? []
            let first = made[0].lastOffset
            segment.transactionIndex.replace(with: stored.filter { $0.lastOffset < first } + made)
        }
        replay = known
        stability = known.stability
    }

    /// Whether the log still has the last batch that was seen, and goes on from there.
    private func isGoneOn(
        from known: ProducerReplay, in sight: FolderView.Sight
    ) throws(LogError) -> Bool {
        guard let last = known.lastHeader, known.endOffset <= sight.ends.written,
            let offset = Offset(exactly: last.baseOffset),
            let slot = lastSlot(
                in: sight.segments.count, where: { sight.segments[$0].baseOffset <= offset })
        else { return false }
        let segment = sight.segments[slot]
        var position = try segment.indexedPosition(of: offset)
        var walk = try BatchWalk(segment, at: position, through: .includingUnflushed)
        while let header = try? walk.header(at: position), header.baseOffset <= last.baseOffset {
            if header.baseOffset == last.baseOffset { return header == last }
            position += header.sizeInBytes
        }
        return false
    }
}
