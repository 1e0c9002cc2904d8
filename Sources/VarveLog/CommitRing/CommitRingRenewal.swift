internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// Copies what a ring alone has of some logs to a new file, which takes the ring's place.
///
/// The new file has a life of its own: when it has the name, all that was not copied is void. A
/// crash leaves the old file or the new one, and either has these logs' bytes.
struct CommitRingRenewal {
    private let path: String
    private let surroundings: Surroundings
    private let logs: [String: Log]
    /// How far the bytes that were copied reach in each log's file.
    private var reached: [String: Int] = [:]
    /// The frame that has the first of them.
    private(set) var places: [String: CommitFramePlace] = [:]

    /// - Parameters:
    ///   - path: of the ring's file.
    ///   - logs: those that can neither be flushed nor written anew in their own files.
    init(of path: String, keeping logs: [Log], in surroundings: Surroundings) {
        self.path = path
        self.surroundings = surroundings
        var named: [String: Log] = [:]
        for log in logs {
            named[WholeFile.name(of: log.path)] = log
            reached[WholeFile.name(of: log.path)] = log.inPlace?.size
        }
        self.logs = named
    }

    /// On return the new file is flushed; it has the name once it is given that.
    ///
    /// - Throws: also when the ring is damaged where it alone has something.
    mutating func run(capacity: Int) throws(FileError) -> CommitRingFile {
        let fileSystem = surroundings.fileSystem
        let file = try OpenFile(path, .read, in: fileSystem)
        guard let old = try CommitRingHeader(of: file) else {
            throw FileError(.read, path, .inputOutput)
        }
        if try fileSystem.status(at: temporary) != nil { try fileSystem.removeFile(temporary) }
        let made = try CommitRingFile(temporary, capacity: capacity, in: surroundings)
        var frames = CommitFrames(old, size: try file.size().bytes)
        var builder = CommitFrameBuilder()
        while let found = try frames.next(in: file) {
            let rows = found.table.rows.filter { isNeeded($0.entry) }
            guard !rows.isEmpty else { continue }
            builder.begin(life: made.header.life, sequence: made.sequence)
            for row in rows { builder.add(row.entry) }
            builder.endTable()
            for row in rows { try copy(row, at: found.position(of: row), of: file, to: &builder) }
            builder.seal()
            guard made.hasRoom(for: builder.buffer.count) else {
                throw FileError(.write, path, .noSpace)
            }
            let place = try made.append(builder)
            for row in rows where places[row.entry.folder] == nil {
                places[row.entry.folder] = place
            }
        }
        for (folder, log) in logs where reached[folder] ?? 0 < log.active.segment.flushedSize {
            throw FileError(.read, path, .inputOutput)
        }
        return made
    }

    var temporary: String { path + WholeFile.temporarySuffix }

    private func isNeeded(_ entry: CommitEntry) -> Bool {
        guard let log = logs[entry.folder], let place = log.inPlace,
            entry.topicID == log.topicID, entry.segmentBase == log.active.segment.baseOffset
        else { return false }
        // Above the flushed end is what a flush of the ring that failed has left.
        return entry.position >= place.size
            && entry.position + entry.size <= log.active.segment.flushedSize
    }

    private mutating func copy(
        _ row: CommitFrameTable.Row, at position: FilePosition, of file: borrowing OpenFile,
        to builder: inout CommitFrameBuilder
    ) throws(FileError) {
        let bytes = try file.copyBytes(at: position, count: row.entry.size)
        // A gap before it shows in what was reached.
        guard row.isRight(bytes.bytes(in: 0..<bytes.count)),
            row.entry.position == reached[row.entry.folder]
        else {
            throw FileError(.read, path, .inputOutput)
        }
        builder.fill(copying: bytes.bytes(in: 0..<bytes.count))
        reached[row.entry.folder] = row.entry.position + row.entry.size
    }
}
