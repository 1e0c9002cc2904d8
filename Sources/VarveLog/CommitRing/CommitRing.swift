internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// Where the logs of a data directory share one flush.
///
/// Flushing a log costs as much for 100 bytes as for 100 KB, and 64 logs cost 64 times as much. So
/// the unflushed ends of many logs are copied into one frame of one file, and that is flushed: its
/// blocks were written before, so that nothing of the file system has to be written with them.
/// Their own files are flushed later, when the ring is full, the log rolls or the directory is
/// checkpointed. Until then, after a crash, the next opening puts the frames' bytes where they
/// belong.
///
/// The oldest logs are flushed in slices while there is room still, so that no commit waits for
/// all of them.
///
/// *Invariants*: a frame is voided, and that is flushed, only when each log of it is flushed in its
/// own file, or its bytes stand in another frame; bytes that a frame has are cut off or rewritten
/// in a log only when the frame is void.
/// *Threads*: owned by whoever owns the logs that were given to it.
/// *Source*: docs/decisions/0011-commit-ring.md.
final class CommitRing {
    /// A folder, and without a dash in its name: Apache Kafka refuses to start on a directory that
    /// has one. It would not know what to do with the ring.
    static let folderName = "varve.commit"
    static let fileName = "ring"

    private let directory: String
    private let surroundings: Surroundings
    private let capacity: Int
    private var file: CommitRingFile?
    private var builder = CommitFrameBuilder()
    private var members = CommitMembers()
    /// After a failure the file is not written to any more, only removed or replaced.
    private var hasFailed = false
    /// How many commits are to pass without the ring, and how many after the next failure.
    private var pause = 0
    private var nextPause = 1

    /// How large a frame gets before another one is begun.
    private static let frameSizeMax = 4 << 20
    /// How many logs are flushed in a slice, at least.
    private static let sliceSize = 16
    /// A disk that is full or fails is asked again after so many commits, at most.
    private static let pauseMax = 4096

    init(directory: String, capacity: Int, in surroundings: Surroundings) {
        self.directory = directory
        self.capacity = capacity
        self.surroundings = surroundings
    }

    private var fileSystem: any FileSystem { surroundings.fileSystem }
    private var folder: String { directory + "/" + Self.folderName }
    private var path: String { folder + "/" + Self.fileName }

    // MARK: Committing

    /// Makes what was appended to `logs` durable, with one flush for as many as a frame takes.
    ///
    /// On return a log of theirs whose flushed end is its written end is durable. Of any other
    /// nothing is known: it is to be flushed by itself.
    /// - Precondition: each of them may share a flush.
    func commit(_ logs: [Log]) {
        guard pause == 0 else {
            pause -= 1
            return
        }
        do throws(LogError) {
            if hasFailed { try drain() }
            var next = 0
            while next < logs.count {
                let end = endOfFrame(logs, from: next)
                // A log that is too large for any frame is passed over.
                if end > next { try write(logs[next..<end]) }
                next = max(end, next + 1)
            }
            nextPause = 1
        } catch {
            pause = nextPause
            nextPause = min(2 * nextPause, Self.pauseMax)
            // A full disk needs the space.
            if hasFailed, members.firstPlace() == nil { try? remove() }
        }
    }

    /// How many logs from `start` on share a frame.
    private func endOfFrame(_ logs: [Log], from start: Int) -> Int {
        let sizeMax = min(Self.frameSizeMax, capacity - CommitRingHeader.Layout.framesStart)
        var size = CommitFrame.emptySize
        var end = start
        while end < logs.count, end - start < CommitFrame.Layout.entryCountMax {
            size += logs[end].sizeInFrame
            guard CommitFrame.stride(of: size) <= sizeMax else { break }
            end += 1
        }
        return end
    }

    /// Writes a frame and flushes it.
    private func write(_ logs: ArraySlice<Log>) throws(LogError) {
        let stride = CommitFrame.stride(
            of: logs.reduce(CommitFrame.emptySize) { $0 + $1.sizeInFrame })
        relieve(before: stride)
        try makeRoom(stride)
        // A drain has flushed those that had bytes in the ring already.
        let waiting = logs.filter(\.canShareFlush)
        guard !waiting.isEmpty, let file else { return }
        let place = try wrapping { () throws(FileError) -> CommitFramePlace in
            guard try gather(waiting, file) else { throw FileError(.read, path, .inputOutput) }
            do throws(FileError) {
                // Should the flush fail, the frame may be on the disk all the same.
                for log in waiting { log.commitRing = self }
                return try file.append(builder)
            } catch {
                hasFailed = true
                throw error
            }
        }
        for log in waiting {
            if log.inPlace == nil { members.add(log, at: place) }
            log.didCommit(in: place.sequence)
        }
    }

    /// Puts together a frame of what the logs have unflushed.
    /// - Returns: whether their files have what was written to them.
    private func gather(_ logs: [Log], _ file: CommitRingFile) throws(FileError) -> Bool {
        builder.begin(life: file.header.life, sequence: file.sequence)
        for log in logs {
            guard let entry = log.commitEntry else { return false }
            builder.add(entry)
        }
        builder.endTable()
        for log in logs {
            let isRight = try builder.fill { (spare) throws(FileError) -> Bool in
                try log.readUnflushed(into: &spare)
            }
            guard isRight else { return false }
        }
        builder.seal()
        return true
    }

    // MARK: Room

    /// Flushes some logs in their own files when room is about to run out: those that keep the
    /// oldest frames from being void, as late as slices of them are enough.
    private func relieve(before stride: Int) {
        guard let file, !hasFailed, file.hasFrames else { return }
        // How many slices may follow this one before the next frame would have no room.
        let left = file.frameCount(of: stride)
        guard members.countMax > left * Self.sliceSize else { return }
        let old = members.open { file.distance(of: $0) < file.eighth }
        guard old.count > left * Self.sliceSize else { return }
        let count = max(Self.sliceSize, (old.count + left) / (left + 1))
        // Those that fail are stopped, and say so themselves; the ring keeps what it has of them.
        for log in old.prefix(count) { try? log.settleInPlace(from: self) }
    }

    /// Sees to it that the next frame has `stride` bytes to go to.
    private func makeRoom(_ stride: Int) throws(LogError) {
        let first = members.firstPlace()
        if let file, !file.hasRoom(for: stride) || file.isWorthVoiding(before: first, for: stride) {
            #if VARVE_PLANTED_BUGS
                if PlantedBug.ringVoidedEarly.isPlanted {
                    try wrapping { () throws(FileError) in try void(before: nil) }
                }
            #endif
            try wrapping { () throws(FileError) in try void(before: first) }
        }
        if !hasRoom(for: stride) { try drain() }
        do throws(FileError) {
            if file == nil { try make() }
            // What logs on a failing disk have in the ring may leave none.
            guard hasRoom(for: stride) else { throw FileError(.write, path, .noSpace) }
            try file?.grow(for: stride)
        } catch {
            hasFailed = true
            throw .file(error)
        }
    }

    private func hasRoom(for stride: Int) -> Bool { file?.hasRoom(for: stride) ?? true }

    /// Whether frames count.
    var hasFrames: Bool { hasFailed || file?.hasFrames ?? false }

    /// Makes the file. What a crash leaves of it here has no frame that counts.
    private func make() throws(FileError) {
        try Self.remove(from: directory, in: fileSystem)
        try fileSystem.makeDirectory(folder)
        let made = try CommitRingFile(path, capacity: capacity, in: surroundings)
        try fileSystem.flushDirectory(folder)
        try fileSystem.flushDirectory(directory)
        file = made
    }

    // MARK: Draining

    /// Flushes every log of the frames in its own file, and voids the frames.
    ///
    /// On return no crash brings bytes of a frame back, but of logs whose own files cannot be made
    /// durable: what the ring alone has of those is kept, and hinders no other log.
    /// - Parameter wanted: a log that is to have nothing in the ring.
    /// - Throws: when the frames could not be voided, or those of `wanted` had to be kept.
    func drain(for wanted: Log? = nil) throws(LogError) {
        var failure: LogError?
        var stuck: [Log] = []
        for log in members.logs {
            do throws(LogError) {
                try log.settleInPlace(from: self)
            } catch {
                stuck.append(log)
                if log === wanted { failure = error }
            }
        }
        try wrapping { () throws(FileError) in
            if stuck.isEmpty { try void(before: nil) } else { try renew(keeping: stuck) }
        }
        if let failure { throw failure }
    }

    /// Voids the frames before one, or all of them; after a failure the file has to go.
    private func void(before place: CommitFramePlace?) throws(FileError) {
        if hasFailed, place == nil { return try remove() }
        do throws(FileError) {
            try file?.void(before: place)
        } catch {
            hasFailed = true
            guard place == nil else { throw error }
            try remove()
        }
    }

    /// Goes on in a new file that has only what the old one alone has of these logs.
    private func renew(keeping logs: [Log]) throws(FileError) {
        var renewal = CommitRingRenewal(of: path, keeping: logs, in: surroundings)
        let made = try renewal.run(capacity: capacity)
        // Until the name is flushed either file may be found, and the frames of both count.
        hasFailed = true
        try fileSystem.rename(renewal.temporary, to: path)
        file = made
        let start = CommitFramePlace(
            sequence: 0, position: CommitRingHeader.Layout.framesStart)
        let kept = logs.map { log in
            let place = renewal.places[WholeFile.name(of: log.path)] ?? start
            log.inPlace?.frame = place.sequence
            return (log: log, place: place)
        }
        members.replace(by: kept)
        try fileSystem.flushDirectory(folder)
        hasFailed = false
    }

    /// Removes the file: every log is flushed in its own. It is made again when it is needed.
    func remove() throws(FileError) {
        guard file != nil || hasFailed else { return }
        file = nil
        // Until it is gone its frames count.
        hasFailed = true
        try Self.remove(from: directory, in: fileSystem)
        hasFailed = false
    }

    static func remove(
        from directory: String, in fileSystem: any FileSystem
    ) throws(FileError) {
        let folder = directory + "/" + folderName
        guard try fileSystem.status(at: folder) != nil else { return }
        try FolderRemoval.remove(folder, in: fileSystem)
    }

    // MARK: Reading back

    /// Hands the bytes that the frames have of a log to `body`, in order, with their place in its
    /// segment. What is damaged is passed over.
    func forEachEntry(
        of log: Log, _ body: (CommitEntry, RawSpan) throws(FileError) -> Void
    ) throws(FileError) {
        let name = WholeFile.name(of: log.path)
        guard let header = self.file?.header else { return }
        let file = try OpenFile(path, .read, in: fileSystem)
        var frames = CommitFrames(header, size: try file.size().bytes)
        while let found = try frames.next(in: file) {
            for row in found.table.rows where row.entry.folder == name {
                let copy = try file.copyBytes(
                    at: found.position(of: row), count: row.entry.size)
                let bytes = copy.bytes(in: 0..<copy.count)
                if row.isRight(bytes) { try body(row.entry, bytes) }
            }
        }
    }
}
