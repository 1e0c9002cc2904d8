internal import Synchronization
internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// The aborted transactions whose marker lies in one segment, as its owner and its readers share
/// them, and the `.txnindex` file that keeps them.
///
/// A transaction is in memory, for readers to see, from the append of its marker on; the file
/// follows. It can be made anew from the batches, so no append fails with it. What the rest of the
/// engine relies on: where a snapshot of producers is believed, the entries of all markers before
/// it are in their files (`store`).
///
/// *Invariants*: markers grow from entry to entry. *Threads*: any may read; one owner writes.
final class TransactionIndex: Sendable {
    private let paths: SegmentPaths
    private let fileSystem: any FileSystem
    private let state: Mutex<State>

    private struct State: Sendable {
        /// Nil until the file was looked at.
        var entries: [AbortedTransaction]?
        /// How many of them the file holds, and whether a flush of it returned since.
        var storedCount = 0
        var isFlushed = true
        /// After a failed flush only a file that never failed is believed.
        var needsNewFile = false
    }

    var path: String { paths.transactionIndex }
    private var baseOffset: Offset { paths.baseOffset }

    init(_ paths: SegmentPaths, in fileSystem: any FileSystem) {
        self.paths = paths
        self.fileSystem = fileSystem
        state = Mutex(State())
    }

    /// All entries, in the order of their markers; read from the file the first time.
    /// - Throws: `.damagedIndex` when what stands in the file is no index of this segment.
    func entries() throws(LogError) -> [AbortedTransaction] {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.abortedListEmpty.isPlanted { return [] }
        #endif
        if let known = state.withLock({ $0.entries }) { return known }
        guard let found = try load() else { throw .damagedIndex(path: path) }
        return state.withLock { state in
            if let known = state.entries { return known }
            state.entries = found
            state.storedCount = found.count
            return found
        }
    }

    /// What the file holds; nil when that is no index of this segment.
    func load() throws(LogError) -> [AbortedTransaction]? {
        let content: [UInt8]?
        do {
            content = try WholeFile.load(
                path, sizeMax: TransactionIndexFile.sizeMax, in: fileSystem)
        } catch {
            guard case .tooLarge = error else { throw .checkpoint(error) }
            return nil
        }
        guard let content else { return [] }
        return TransactionIndexFile(parsing: content)?.aborted(from: baseOffset)
    }

    /// A segment that was just made has none.
    func begin() {
        state.withLock { $0 = State(entries: []) }
    }

    /// What was read from the file just now.
    /// - Parameter standing: whether the file is known to survive a power cut: one that a killed
    ///   owner left may stand in the page cache only.
    func adopt(_ entries: [AbortedTransaction], _ standing: Storing) {
        state.withLock {
            $0 = State(
                entries: entries, storedCount: entries.count,
                isFlushed: standing == .flushed || entries.isEmpty)
        }
    }

    /// Lets readers see a transaction whose marker was just written.
    func append(_ transaction: AbortedTransaction) {
        state.withLock { state in
            var entries = state.entries.take() ?? []
            entries.append(transaction)
            state.entries = entries
            state.isFlushed = false
        }
    }

    /// Replaces all entries, in memory at once and in the file when it is stored next.
    func replace(with entries: [AbortedTransaction]) {
        state.withLock { state in
            state = State(
                entries: entries, storedCount: 0, isFlushed: false, needsNewFile: true)
        }
    }

    /// Forgets the transactions whose marker lies at `end` or after it.
    /// - Returns: whether there were any.
    func cut(at end: Offset) throws(LogError) -> Bool {
        let entries = try entries()
        let kept = entries.filter { $0.lastOffset < end }
        guard kept.count < entries.count else { return false }
        replace(with: kept)
        return true
    }

    /// How far the file is brought up.
    enum Storing { case written, flushed }

    /// Writes what the file does not hold yet; a segment without entries has no file.
    ///
    /// On return of `.flushed` the entries survive a power cut, once the folder is flushed too if
    /// the file is new.
    /// - Returns: whether a name was made or removed in the folder.
    @discardableResult
    func store(_ storing: Storing) throws(FileError) -> Bool {
        let before = state.withLock { $0 }
        guard let entries = before.entries else { return false }
        let isComplete = before.storedCount == entries.count && !before.needsNewFile
        if isComplete, before.isFlushed || storing == .written { return false }
        var isNewName = false
        if before.needsNewFile || before.storedCount == 0,
            try fileSystem.status(at: path) != nil
        {
            try fileSystem.removeFile(path)
            isNewName = true
        }
        let kept = before.needsNewFile ? 0 : before.storedCount
        if !entries.isEmpty {
            isNewName = isNewName || kept == 0
            try write(entries, after: kept, storing)
        }
        state.withLock { state in
            state.storedCount = entries.count
            state.needsNewFile = false
            state.isFlushed = storing == .flushed || entries.isEmpty
        }
        return isNewName
    }

    private func write(
        _ entries: [AbortedTransaction], after kept: Int, _ storing: Storing
    ) throws(FileError) {
        let file = try OpenFile(path, kept == 0 ? .createNew : .readWrite, in: fileSystem)
        let start = kept * TransactionIndexFile.Layout.entrySize
        let content = TransactionIndexFile(entries[kept...]).printed()
        try file.write(content.rawSpan, at: FilePosition(start))
        guard storing == .flushed else { return }
        do {
            try file.flush()
        } catch {
            state.withLock { $0.needsNewFile = true }
            throw error
        }
    }
}
