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
/// *Invariants*: a frame is written only when all before it are flushed; frames are voided, and
/// that is flushed, only when each log of theirs is flushed in its own file; bytes that a frame
/// has are cut off or rewritten in a log only when the frame is void.
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
    private var file: OpenFile?
    private var header = CommitRingHeader(life: .zero, generation: 0)
    private var sequence: UInt64 = 0
    /// Where the next frame goes, and how far the file's blocks are written.
    private var position = 0
    private var writtenSize = 0
    private var builder = CommitFrameBuilder()
    /// Logs with bytes in frames that are not void, in the order in which they came.
    private var members: [Log] = []
    /// After a failure the file is not written to any more, only removed.
    private var hasFailed = false
    /// How many commits are to pass without the ring, and how many after the next failure.
    private var pause = 0
    private var nextPause = 1

    /// How large a frame gets before another one is begun.
    private static let frameSizeMax = 4 << 20
    /// How many blocks are written at first. The ring grows as it is used, twofold each time.
    private static let firstSize = 1 << 20
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
            if hasFailed, members.isEmpty { try? remove() }
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
        try makeRoom(stride)
        // A drain has flushed those that had bytes in the ring already.
        let waiting = logs.filter(\.canShareFlush)
        guard !waiting.isEmpty else { return }
        try wrapping { () throws(FileError) in
            guard try gather(waiting) else { throw FileError(.read, path, .inputOutput) }
            do throws(FileError) {
                // Should the flush fail, the frame may be on the disk all the same.
                for log in waiting { log.commitRing = self }
                try file?.write(builder.buffer.bytes, at: FilePosition(position))
                try file?.flush()
            } catch {
                hasFailed = true
                throw error
            }
        }
        position += builder.buffer.count
        sequence += 1
        for log in waiting {
            if log.inPlace == nil { members.append(log) }
            log.didCommit()
        }
    }

    /// Puts together a frame of what the logs have unflushed.
    /// - Returns: whether their files have what was written to them.
    private func gather(_ logs: [Log]) throws(FileError) -> Bool {
        builder.begin(header, sequence: sequence)
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

    /// Sees to it that the next frame has `stride` bytes to go to.
    private func makeRoom(_ stride: Int) throws(LogError) {
        if file != nil, position + stride > capacity { try drain() }
        do throws(FileError) {
            if file == nil { try make() }
            try grow(to: position + stride)
        } catch {
            hasFailed = true
            throw .file(error)
        }
    }

    /// Makes the file. What a crash leaves of it here has no frame that counts.
    private func make() throws(FileError) {
        try Self.remove(from: directory, in: fileSystem)
        try fileSystem.makeDirectory(folder)
        let made = try OpenFile(path, .readWriteOrCreate, in: fileSystem)
        let first = CommitRingHeader(life: surroundings.randomness.uniqueID(), generation: 1)
        try made.store(first)
        try fileSystem.flushDirectory(folder)
        try fileSystem.flushDirectory(directory)
        file = consume made
        header = first
        sequence = 0
        position = CommitRingHeader.Layout.framesStart
        writtenSize = position
    }

    /// Writes zeros behind what is about to be written, so that later frames find written blocks.
    private func grow(to end: Int) throws(FileError) {
        guard end > writtenSize else { return }
        let target = min(capacity, max(end, 2 * writtenSize, Self.firstSize))
        var zeros = ByteBuffer(capacity: 64)
        zeros.appendZeros(min(1 << 20, target - writtenSize))
        while writtenSize < target {
            let count = min(zeros.count, target - writtenSize)
            try file?.write(zeros.bytes.extracting(0..<count), at: FilePosition(writtenSize))
            writtenSize += count
        }
    }

    // MARK: Draining

    /// Flushes every log of the frames in its own file, and voids the frames.
    ///
    /// On return no crash brings bytes of a frame back.
    /// - Throws: the first failure; what is not flushed in its own file stays in the ring.
    func drain() throws(LogError) {
        var first: LogError?
        var left: [Log] = []
        for log in members {
            do throws(LogError) {
                try log.settleInPlace(from: self)
            } catch {
                first = first ?? error
                left.append(log)
            }
        }
        members = left
        if let first { throw first }
        try wrapping { () throws(FileError) in try void() }
    }

    private func void() throws(FileError) {
        guard !hasFailed else { return try remove() }
        guard file != nil, position > CommitRingHeader.Layout.framesStart else { return }
        header.generation += 1
        do throws(FileError) {
            try file?.store(header)
        } catch {
            hasFailed = true
            return try remove()
        }
        sequence = 0
        position = CommitRingHeader.Layout.framesStart
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
