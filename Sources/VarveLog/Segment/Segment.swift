internal import Synchronization
internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// One segment as readers and the writer share it: which file, how far its bytes may be read, and
/// the mapping through which they are.
///
/// *Invariants*: flushedSize ≤ writtenSize ≤ the file's length. Bytes below `writtenSize` never
/// change while the segment lives, so a reader that holds the mapping holds them.
/// *Threads*: any thread may read; sizes are published by the log's one owner.
final class Segment: Sendable {
    let paths: SegmentPaths
    let offsetIndex: IndexFile
    let timeIndex: IndexFile
    let transactionIndex: TransactionIndex
    /// What its batches are held against when they are read; nil where nobody knows whose log it
    /// is.
    let sidecar: SegmentSidecar?
    /// How bytes are read: the owner of the lock maps, other processes copy.
    let access: Access
    let fileSystem: any FileSystem
    let limits: Limits
    /// Whoever has seen a size sees the bytes below it. Changed by the owner alone.
    private let written: Atomic<Int>
    private let flushed: Atomic<Int>
    private let state: Mutex<State>

    enum Access: Sendable {
        case mapped, copied

        init(_ access: LogSettings.ReadAccess) {
            switch access {
            case .mapped: self = .mapped
            case .copied: self = .copied
            }
        }
    }

    /// How large the segment's files can grow, so that each is mapped once.
    struct Limits: Sendable {
        var logSize: Int
        var indexSize: Int
    }

    private struct State {
        var largestTimestamp: Timestamp?
        var mapping: MappedBytes?
        /// The file, where its name was given to another.
        var held: HeldFile?
    }

    var baseOffset: Offset { paths.baseOffset }

    init(
        _ paths: SegmentPaths, size: Int, access: Access, limits: Limits,
        sidecar: SegmentSidecar? = nil, in fileSystem: any FileSystem
    ) {
        self.paths = paths
        self.sidecar = sidecar
        self.access = access
        self.limits = limits
        self.fileSystem = fileSystem
        offsetIndex = IndexFile(
            paths, .index, access: access, sidecar: sidecar, in: fileSystem)
        timeIndex = IndexFile(
            paths, .timeIndex, access: access, sidecar: sidecar, in: fileSystem)
        transactionIndex = TransactionIndex(paths, in: fileSystem)
        written = Atomic(size)
        flushed = Atomic(size)
        state = Mutex(State())
    }

    /// How many bytes hold whole batches that were written.
    var writtenSize: Int { written.load(ordering: .acquiring) }

    /// How many of them survive a power cut.
    var flushedSize: Int { flushed.load(ordering: .acquiring) }

    /// The largest timestamp of any record here, where it is known.
    var largestTimestamp: Timestamp? {
        get { state.withLock { $0.largestTimestamp } }
        set { state.withLock { $0.largestTimestamp = newValue } }
    }

    func publish(writtenSize: Int) {
        precondition(writtenSize >= self.writtenSize, "\(paths.log) shrank")
        written.store(writtenSize, ordering: .releasing)
    }

    func publish(flushedSize: Int) {
        precondition(flushedSize <= writtenSize, "\(paths.log) flushed past its end")
        flushed.store(max(self.flushedSize, flushedSize), ordering: .releasing)
    }

    /// How many bytes a reader may see.
    func visibleSize(through visibility: Visibility) -> Int {
        visibility == .flushed ? flushedSize : writtenSize
    }

    /// Sizes as another process published them (read-only openings).
    func adopt(writtenSize: Int, flushedSize: Int) {
        written.store(writtenSize, ordering: .releasing)
        flushed.store(flushedSize, ordering: .releasing)
    }

    /// Takes the segment's end back to `size`, unless a reader still holds bytes of it.
    /// - Returns: false when bytes are pinned; nothing changed then.
    func withdraw(to size: Int) -> Bool {
        state.withLock { state in
            if state.mapping != nil, !isKnownUniquelyReferenced(&state.mapping) { return false }
            state.mapping = nil
            adopt(writtenSize: min(writtenSize, size), flushedSize: min(flushedSize, size))
            state.largestTimestamp = nil
            return true
        }
    }

    /// Whether some reader holds bytes of this segment.
    var isPinned: Bool {
        state.withLock { state in
            state.mapping != nil && !isKnownUniquelyReferenced(&state.mapping)
        }
    }

    /// Gives back what reads keep ready, unless some reader holds bytes; the next one makes it
    /// anew.
    func letGo() {
        state.withLock { state in
            guard state.mapping == nil || isKnownUniquelyReferenced(&state.mapping) else { return }
            state.mapping = nil
        }
        sidecar?.letGo()
    }

    // MARK: Reading

    /// Bytes of the segment from `position` on, at least `size` of them where the visible end
    /// allows. A mapped segment lends all it has.
    func window(
        at position: Int, size: Int, through visibility: Visibility
    ) throws(LogError) -> SegmentWindow {
        switch access {
        case .mapped: try mappedWindow(visibility)
        case .copied: try copiedWindow(at: position, size: size, visibility)
        }
    }

    private func mappedWindow(_ visibility: Visibility) throws(LogError) -> SegmentWindow {
        let ready = state.withLock { state -> SegmentWindow? in
            let end = visibleSize(through: visibility)
            guard let mapping = state.mapping, mapping.count >= end else { return nil }
            return SegmentWindow(bytes: mapping, start: 0, end: end)
        }
        if let ready { return ready }
        let mapping = try wrapping { () throws(FileError) in
            let file = try OpenFile(paths.log, .read, in: fileSystem)
            let size = try file.size().bytes
            return try file.map(size: ByteCount(max(size, limits.logSize)))
        }
        return state.withLock { state in
            let end = visibleSize(through: visibility)
            // Another reader may have mapped it meanwhile; either mapping serves.
            if state.mapping.map({ $0.count < end }) ?? true { state.mapping = mapping }
            return SegmentWindow(bytes: state.mapping ?? mapping, start: 0, end: end)
        }
    }

    private func copiedWindow(
        at position: Int, size: Int, _ visibility: Visibility
    ) throws(LogError) -> SegmentWindow {
        let end = visibleSize(through: visibility)
        let count = max(0, min(size, end - position))
        let held = state.withLock { $0.held }
        let copy = try wrapping { () throws(FileError) in
            if let held { return try held.file.copyBytes(at: FilePosition(position), count: count) }
            let file = try OpenFile(paths.log, .read, in: fileSystem)
            return try file.copyBytes(at: FilePosition(position), count: count)
        }
        // A file shorter than was published ends the window early; the walk reports it.
        return SegmentWindow(bytes: copy, start: position, end: end)
    }

    /// Lets whoever still reads this segment go on doing so when its files lose their names.
    func keepReadable() throws(LogError) {
        switch access {
        case .mapped: _ = try mappedWindow(.includingUnflushed)
        case .copied:
            let file = try wrapping { () throws(FileError) in
                HeldFile(file: try OpenFile(paths.log, .read, in: fileSystem))
            }
            state.withLock { $0.held = file }
        }
        sidecar?.keepReadable()
        _ = try indexedPosition(before: 0)
        _ = try lastTimeIndexEntry()
        _ = try transactionIndex.entries()
    }

    // MARK: Looking up

    /// Where to start walking for `offset`: the start of a batch at or before it, as the index
    /// has it; the index may be wrong, so the walk must check what it finds there.
    func indexedPosition(of offset: Offset) throws(LogError) -> Int {
        try indexedStretch(around: offset).position
    }

    /// The index's entries around `offset`. They may be wrong, as above.
    func indexedStretch(around offset: Offset) throws(LogError) -> IndexedStretch {
        let relative = baseOffset.distance(to: offset)
        return try offsetIndex.withEntries(
            sizeMax: limits.indexSize, lawfulSize: lawfulIndexSize,
            { IndexedStretch(around: relative, in: $0) })
    }

    /// The index's entries, to be held on to; nil where there are none.
    func indexEntries() throws(LogError) -> (bytes: MappedBytes?, size: Int) {
        try offsetIndex.entries(sizeMax: limits.indexSize, lawfulSize: lawfulIndexSize)
    }

    private func lawfulIndexSize(_ entries: RawSpan) -> Int {
        OffsetIndexLayout.lawfulCount(in: entries, logSize: writtenSize)
            * OffsetIndexLayout.entrySize
    }

    /// The last position below `position` at which the index knows a batch to start.
    func indexedPosition(before position: Int) throws(LogError) -> Int {
        let size = writtenSize
        return try offsetIndex.withEntries(
            sizeMax: limits.indexSize,
            lawfulSize: { OffsetIndexLayout.lawfulCount(in: $0, logSize: size) * 8 },
            { entries in
                lastSlot(in: entries.byteCount / OffsetIndexLayout.entrySize) {
                    Int(OffsetIndexLayout.entry($0, in: entries).position) < position
                }.map { Int(OffsetIndexLayout.entry($0, in: entries).position) } ?? 0
            })
    }

    /// An offset at or before the first record that is not older than `time`.
    func indexedOffset(before time: Timestamp) throws(LogError) -> Offset {
        let entry = try timeIndex.withEntries(
            sizeMax: limits.indexSize,
            lawfulSize: { TimeIndexLayout.lawfulCount(in: $0) * TimeIndexLayout.entrySize },
            { entries in
                TimeIndexLayout.slot(before: time, in: entries)
                    .map { TimeIndexLayout.entry($0, in: entries) }
            })
        guard let entry else { return baseOffset }
        return baseOffset.advanced(byExactly: Int64(entry.relativeOffset)) ?? baseOffset
    }

    /// The last entry of the time index: the largest timestamp that it knows of.
    func lastTimeIndexEntry() throws(LogError) -> TimeIndexEntry? {
        try timeIndex.withEntries(
            sizeMax: limits.indexSize,
            lawfulSize: { TimeIndexLayout.lawfulCount(in: $0) * TimeIndexLayout.entrySize },
            { entries in
                let count = entries.byteCount / TimeIndexLayout.entrySize
                return count == 0 ? nil : TimeIndexLayout.entry(count - 1, in: entries)
            })
    }
}

/// An open file that many may read.
private final class HeldFile: Sendable {
    let file: OpenFile

    init(file: consuming OpenFile) { self.file = file }
}

/// How far a read may go.
public enum Visibility: Hashable, Sendable {
    /// To what survives a power cut.
    case flushed
    /// To what was written, flushed or not.
    case includingUnflushed
}

/// A stretch of a segment's file, with the owner that keeps its bytes alive.
struct SegmentWindow {
    let bytes: MappedBytes
    /// The file position of the first byte of `bytes`.
    let start: Int
    /// The file position at which visible batches end; may lie past the window.
    var end: Int

    /// The file position after the last byte that this window lends.
    var reach: Int { min(end, start + bytes.count) }

    /// The bytes at these file positions.
    @_lifetime(borrow self)
    func span(_ positions: Range<Int>) -> RawSpan {
        bytes.bytes(in: positions.lowerBound - start..<positions.upperBound - start)
    }
}
