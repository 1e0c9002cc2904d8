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
        try remove { $0 == offset }
        do {
            let path = path(offset)
            let file = try OpenFile(path, .createNew, in: fileSystem)
            note(offset)
            try file.write(ProducerSnapshotFile(states).printed().rawSpan, at: .zero)
            try file.flush()
        } catch {
            _ = try? remove { $0 == offset }
            throw error
        }
        sound = offset
    }

    /// The snapshot at `offset` was read and is believed.
    mutating func didBelieve(_ offset: Offset) { sound = offset }

    /// The file of a snapshot is gone.
    mutating func didRemove(_ offset: Offset) {
        if sound == offset { sound = nil }
        offsets.removeAll { $0 == offset }
    }

    private mutating func note(_ offset: Offset) {
        offsets.removeAll { $0 == offset }
        let slot = offsets.firstIndex { $0 > offset } ?? offsets.count
        offsets.insert(offset, at: slot)
    }

    /// Takes files away.
    /// - Returns: whether there were any; the folder is to be flushed then, where it matters.
    @discardableResult
    mutating func remove(where isUseless: (Offset) -> Bool) throws(FileError) -> Bool {
        var hasRemoved = false
        for offset in offsets where isUseless(offset) {
            if try fileSystem.status(at: path(offset)) != nil {
                try fileSystem.removeFile(path(offset))
                hasRemoved = true
            }
            if sound == offset { sound = nil }
            offsets.removeAll { $0 == offset }
        }
        return hasRemoved
    }

    /// Takes away those that are of no more use: older than the first segment, or neither at the
    /// base of a segment nor the newest.
    mutating func prune(bases: some Sequence<Offset>) throws(FileError) {
        let bases = Set(bases)
        let (first, newest) = (bases.min() ?? .zero, offsets.last)
        try remove { $0 < first || (!bases.contains($0) && $0 != newest) }
    }
}
