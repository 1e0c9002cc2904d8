internal import Synchronization
internal import VarveSystem
internal import VarveTerms

/// The text checkpoints of a data directory: how far each log is known to be flushed, where it
/// starts, its high watermark, and how far it is compacted. Rows of logs that were not opened stay
/// as they were.
///
/// *Threads*: logs of one directory may be owned by different threads, so this takes a lock; it
/// is on no path of an append.
final class DirectoryCheckpoints: Sendable {
    private let path: String
    private let fileSystem: any FileSystem
    private let state: Mutex<State>

    private struct State {
        var recoveryPoints = OffsetCheckpoint()
        var starts = OffsetCheckpoint()
        var highWatermarks = OffsetCheckpoint()
        var compacted = OffsetCheckpoint()
        var rewritten = OffsetCheckpoint()
        /// Whether rows were taken out that still stand in the files.
        var hasForgotten = false
    }

    /// Reads what is there; a missing file has no rows. The rows of a file that is not what the
    /// directory's root says are taken from the root.
    init(
        path: String, integrity: DirectoryIntegrity? = nil, in fileSystem: any FileSystem
    ) throws(CheckpointError) {
        self.path = path
        self.fileSystem = fileSystem
        var state = State()
        state.recoveryPoints = try Self.load(
            path, OffsetCheckpoint.recoveryPointFileName, integrity, fileSystem)
        state.starts = try Self.load(
            path, OffsetCheckpoint.logStartFileName, integrity, fileSystem)
        state.highWatermarks = try Self.load(
            path, OffsetCheckpoint.highWatermarkFileName, integrity, fileSystem)
        state.compacted = try Self.load(
            path, OffsetCheckpoint.compactionFileName, integrity, fileSystem)
        state.rewritten = try Self.load(
            path, OffsetCheckpoint.rewrittenFileName, integrity, fileSystem)
        self.state = Mutex(state)
    }

    private static func load(
        _ path: String, _ name: String, _ integrity: DirectoryIntegrity?,
        _ fileSystem: any FileSystem
    ) throws(CheckpointError) -> OffsetCheckpoint {
        if let rows = integrity?.rows(instead: name) { return rows }
        do {
            return try OffsetCheckpoint.load(path + "/" + name, in: fileSystem)
                ?? OffsetCheckpoint()
        } catch {
            // A checkpoint only bounds what recovery reads: without it everything is read.
            guard case .defect = error else { throw error }
            return OffsetCheckpoint()
        }
    }

    func recoveryPoint(of log: LogName) -> Offset? {
        state.withLock { $0.recoveryPoints.offsets[log] }
    }

    func start(of log: LogName) -> Offset? { state.withLock { $0.starts.offsets[log] } }

    /// Remembers where a log ends, for the next `store`.
    func note(_ log: LogName, ends: LogEnds, firstBase: Offset) {
        state.withLock { state in
            state.recoveryPoints.offsets[log] = ends.flushed
            state.highWatermarks.offsets[log] = ends.flushed
            #if VARVE_PLANTED_BUGS
                if PlantedBug.recoveryPointAhead.isPlanted {
                    state.recoveryPoints.offsets[log] = ends.written
                }
            #endif
            // Kafka lists a start only where it lies inside the log's first segment.
            state.starts.offsets[log] = ends.start > firstBase ? ends.start : nil
        }
    }

    /// Stores a log's start at once: records before it are not to come back. When this throws, the
    /// start is what it was.
    func setStart(_ start: Offset, of log: LogName) throws(LogError) {
        let before = self.start(of: log)
        do {
            try change { $0.starts.offsets[log] = start }
        } catch {
            state.withLock { $0.starts.offsets[log] = before }
            throw error
        }
    }

    /// Takes a log's flushed end back, before it is cut.
    func lower(_ log: LogName, to ends: LogEnds) throws(LogError) {
        try change { state in
            for table in [\State.recoveryPoints, \State.highWatermarks] {
                if let known = state[keyPath: table].offsets[log], known > ends.flushed {
                    state[keyPath: table].offsets[log] = ends.flushed
                }
            }
            if let start = state.starts.offsets[log], start > ends.start {
                state.starts.offsets[log] = ends.start
            }
        }
        // What is appended there again was never cleaned.
        if let compacted = compacted(of: log), compacted > ends.written {
            try setCompacted(ends.written, of: log)
        }
    }

    /// Takes a deleted log's rows out, for the next `store`.
    func forget(_ log: LogName) {
        state.withLock { state in
            for table in Self.tables
            where state[keyPath: table].offsets.removeValue(forKey: log) != nil {
                state.hasForgotten = true
            }
        }
    }

    /// Takes out the rows of logs whose deletion the folders in `shape` tell of. A log that was
    /// made again under the name keeps its rows.
    /// - Complexity: O(logs + deleted folders).
    func forget(deletedIn shape: DirectoryShape) {
        let deleted = shape.deleted
        guard !deleted.isEmpty else { return }
        let live = Set(shape.logs + shape.futures.map(\.log))
        // The folder's name may lack the end of a long topic, so rows are compared by theirs.
        let stems = Set(deleted.map(\.stem))
        state.withLock { state in
            for table in Self.tables {
                let kept = state[keyPath: table].offsets.filter {
                    live.contains($0.key)
                        || !stems.contains(LogFolderName($0.key, .deleted(.zero)).stem)
                }
                guard kept.count < state[keyPath: table].offsets.count else { continue }
                state[keyPath: table].offsets = kept
                state.hasForgotten = true
            }
        }
    }

    private static var tables: [WritableKeyPath<State, OffsetCheckpoint>] {
        [\.recoveryPoints, \.starts, \.highWatermarks, \.compacted, \.rewritten]
    }

    /// Makes sure that no row of a deleted log is left in the files: before a log may be made that
    /// has its name.
    func settleForgotten() throws(LogError) {
        if state.withLock({ $0.hasForgotten }) { try store() }
    }

    // MARK: Compaction

    /// The offset before which a log is clean; nil when it was never cleaned.
    func compacted(of log: LogName) -> Offset? { state.withLock { $0.compacted.offsets[log] } }

    /// Below this offset batches may be missing that compaction took; nil when it never ran.
    func rewritten(of log: LogName) -> Offset? {
        state.withLock { state in
            let ends = [state.compacted.offsets[log], state.rewritten.offsets[log]]
            return ends.compactMap { $0 }.max()
        }
    }

    /// Stores how far a log is compacted; on return that survives a power cut.
    func setCompacted(_ end: Offset, of log: LogName) throws(LogError) {
        guard compacted(of: log) != end else { return }
        try store(OffsetCheckpoint.compactionFileName, \.compacted) { $0[log] = end }
    }

    /// Stores, before segments of a log are replaced, up to where they reach.
    func noteRewritten(through end: Offset, of log: LogName) throws(LogError) {
        guard rewritten(of: log).map({ $0 < end }) ?? true else { return }
        try store(OffsetCheckpoint.rewrittenFileName, \.rewritten) { $0[log] = end }
    }

    private func store(
        _ name: String, _ table: WritableKeyPath<State, OffsetCheckpoint>,
        _ body: (inout [LogName: Offset]) -> Void
    ) throws(LogError) {
        // Other logs of the directory may be cleaned meanwhile, so the row changes first.
        let next = state.withLock { state in
            body(&state[keyPath: table].offsets)
            return state[keyPath: table]
        }
        do {
            try next.store(at: path + "/" + name, in: fileSystem)
        } catch {
            throw .checkpoint(error)
        }
    }

    private func change(_ body: (inout State) -> Void) throws(LogError) {
        state.withLock { body(&$0) }
        try store()
    }

    /// Writes the files; on return they survive a power cut. Those of compaction are written when
    /// it ran, and here only to take rows out of them.
    func store() throws(LogError) {
        let state = state.withLock { $0 }
        do {
            try state.recoveryPoints.store(
                at: path + "/" + OffsetCheckpoint.recoveryPointFileName, in: fileSystem)
            try state.starts.store(
                at: path + "/" + OffsetCheckpoint.logStartFileName, in: fileSystem)
            try state.highWatermarks.store(
                at: path + "/" + OffsetCheckpoint.highWatermarkFileName, in: fileSystem)
            if state.hasForgotten { try storeCompaction(state) }
        } catch {
            throw .checkpoint(error)
        }
        self.state.withLock { $0.hasForgotten = false }
    }

    private func storeCompaction(_ state: State) throws(CheckpointError) {
        for (name, table) in [
            (OffsetCheckpoint.compactionFileName, state.compacted),
            (OffsetCheckpoint.rewrittenFileName, state.rewritten),
        ] {
            let file = path + "/" + name
            guard let status = try? fileSystem.status(at: file), status.size > .zero else {
                continue
            }
            try table.store(at: file, in: fileSystem)
        }
    }
}
