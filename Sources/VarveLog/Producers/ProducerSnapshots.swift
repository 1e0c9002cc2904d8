internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// The `.snapshot` files of a log's folder. A snapshot is a shortcut: without one the producers are
/// collected from the batches again, so a file that is torn or damaged is only removed.
///
/// *Invariant*: a file that is believed (its checksum holds) says what the batches before the
/// offset in its name say. So those above a cut go, durably, before anything is appended again.
struct ProducerSnapshots: Sendable {
    private let folder: String
    private let fileSystem: any FileSystem
    /// Offsets of the files that are there, in order.
    private(set) var offsets: [Offset]
    /// Offset of one that was read and believed, or written.
    private(set) var sound: Offset?
    /// Whether any of them may be of no more use.
    private var mustPruneAll = true

    init(folder: String, offsets: some Sequence<Offset>, in fileSystem: any FileSystem) {
        self.folder = folder
        self.offsets = offsets.sorted()
        self.fileSystem = fileSystem
    }

    /// Lists the folder.
    init(folder: String, in fileSystem: any FileSystem) throws(FileError) {
        var found: [Offset] = []
        for entry in try fileSystem.entries(of: folder) where entry.kind == .file {
            guard let name = SegmentFileName(entry.name), name.content == .producerSnapshot,
                name.standing == .live
            else { continue }
            found.append(name.baseOffset)
        }
        self.init(folder: folder, offsets: found, in: fileSystem)
    }

    func path(_ offset: Offset) -> String {
        "\(folder)/\(SegmentFileName(offset, .producerSnapshot))"
    }

    /// The producers as of `offset`; nil when the file is not there or not to be believed.
    func load(_ offset: Offset) throws(LogError) -> ProducerStates? {
        let content: [UInt8]?
        do {
            content = try WholeFile.load(
                path(offset), sizeMax: ProducerSnapshotFile.sizeMax, in: fileSystem)
        } catch {
            guard case .tooLarge = error else { throw .checkpoint(error) }
            return nil
        }
        return content.flatMap { ProducerSnapshotFile(parsing: $0)?.states }
    }

    /// The newest snapshot in a range that is to be believed.
    /// - Returns: with it the offsets of newer ones in the range that are not.
    func newest(
        in range: ClosedRange<Offset>
    ) throws(LogError) -> (found: (offset: Offset, states: ProducerStates)?, damaged: [Offset]) {
        var damaged: [Offset] = []
        for offset in offsets.reversed() where range.contains(offset) {
            if let states = try load(offset) { return ((offset, states), damaged) }
            damaged.append(offset)
        }
        return (nil, damaged)
    }

    /// Writes the producers as of `offset`. On return they survive a power cut, once the folder is
    /// flushed. A crash before that leaves no file, or one whose checksum does not hold.
    mutating func store(_ states: ProducerStates, at offset: Offset) throws(FileError) {
        try removeFile(offset)
        do {
            let path = path(offset)
            let file = try OpenFile(path, .createNew, in: fileSystem)
            note(offset)
            try file.write(ProducerSnapshotFile(states).printed().rawSpan, at: .zero)
            try file.flush()
        } catch {
            _ = try? removeFile(offset)
            throw error
        }
        sound = offset
    }

    /// The snapshot at `offset` was read and is believed.
    mutating func didBelieve(_ offset: Offset) { sound = offset }

    /// The file of a snapshot is gone.
    mutating func didRemove(_ offset: Offset) {
        if sound == offset { sound = nil }
        if let slot = slot(of: offset) { offsets.remove(at: slot) }
    }

    private func slot(of offset: Offset) -> Int? {
        lastSlot(in: offsets.count) { offsets[$0] <= offset }.flatMap {
            offsets[$0] == offset ? $0 : nil
        }
    }

    private mutating func note(_ offset: Offset) {
        guard slot(of: offset) == nil else { return }
        let before = lastSlot(in: offsets.count) { offsets[$0] < offset }
        offsets.insert(offset, at: before.map { $0 + 1 } ?? 0)
    }

    /// Takes files away.
    /// - Returns: whether there were any; the folder is to be flushed then, where it matters.
    @discardableResult
    mutating func remove(where isUseless: (Offset) -> Bool) throws(FileError) -> Bool {
        var hasRemoved = false
        for offset in offsets where isUseless(offset) {
            if try removeFile(offset) { hasRemoved = true }
        }
        return hasRemoved
    }

    /// - Returns: whether there was one.
    @discardableResult
    private mutating func removeFile(_ offset: Offset) throws(FileError) -> Bool {
        guard slot(of: offset) != nil else { return false }
        let isThere = try fileSystem.status(at: path(offset)) != nil
        if isThere { try fileSystem.removeFile(path(offset)) }
        didRemove(offset)
        return isThere
    }

    /// Takes away those that are of no more use: older than the first segment, or neither at the
    /// base of a segment nor the newest.
    ///
    /// Each was of use the last time, so from both ends on the first that still is ends the search,
    /// unless segments went in the middle since.
    /// - Parameters:
    ///   - baseCount: how many segments there are.
    ///   - base: where the segment in a slot starts; they are in order.
    /// - Complexity: O(removed · log segments); O(snapshots · log segments) the first time, and
    ///   after `didReplaceSegments`.
    mutating func prune(baseCount: Int, base: (Int) -> Offset) throws(FileError) {
        guard let newest = offsets.last, baseCount > 0 else { return }
        func isUseful(_ offset: Offset) -> Bool {
            guard offset >= base(0) else { return false }
            if offset == newest { return true }
            return lastSlot(in: baseCount) { base($0) <= offset }.map { base($0) == offset }
                ?? false
        }
        if mustPruneAll {
            try remove { !isUseful($0) }
            mustPruneAll = false
            return
        }
        while let first = offsets.first, !isUseful(first) { try removeFile(first) }
        while offsets.count > 1, !isUseful(offsets[offsets.count - 2]) {
            try removeFile(offsets[offsets.count - 2])
        }
    }

    /// Segments in the middle of the log were given up.
    mutating func didReplaceSegments() { mustPruneAll = true }
}
