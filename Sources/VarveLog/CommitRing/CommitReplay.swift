internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// Puts what the ring of a directory holds where it belongs. May be repeated: a crash in the middle
/// leaves the ring as it was.
struct CommitReplay {
    let directory: String
    let fileSystem: any FileSystem
    let bootID: UniqueID
    /// Segments that were written to, in the order in which they were met, and how far each goes.
    private var segments: [Reached] = []
    private var slots: [CommitEntry.Log: Int] = [:]

    /// How far the frames reach in a segment.
    private struct Reached {
        var log: CommitEntry.Log
        var size: Int
        var end: Offset
    }

    init(_ directory: String, bootID: UniqueID, in fileSystem: any FileSystem) {
        self.directory = directory
        self.bootID = bootID
        self.fileSystem = fileSystem
    }

    /// - Parameter wasClosedCleanly: then nothing of the ring is missing anywhere.
    /// - Returns: what was put back; nil when there was no ring.
    /// - Throws: what kept bytes from their logs: without them acknowledged records are lost, so
    ///   the directory must not be opened.
    mutating func run(wasClosedCleanly: Bool) throws(LogError) -> CommitRingContents? {
        do throws(FileError) {
            let folder = directory + "/" + CommitRing.folderName
            guard try fileSystem.status(at: folder) != nil else { return nil }
            var contents: CommitRingContents?
            #if VARVE_PLANTED_BUGS
                if PlantedBug.ringNotReplayed.isPlanted {
                    try CommitRing.remove(from: directory, in: fileSystem)
                    return nil
                }
            #endif
            if !wasClosedCleanly { contents = try putBack() }
            try CommitRing.remove(from: directory, in: fileSystem)
            return contents
        } catch {
            throw .file(error)
        }
    }

    private mutating func putBack() throws(FileError) -> CommitRingContents? {
        var search = CommitRingSearch(directory, in: fileSystem)
        let contents = try search.run { (entry, bytes) throws(FileError) in
            try write(entry, bytes)
        }
        for reached in segments {
            try OpenFile(path(of: reached.log), .readWrite, in: fileSystem).flush()
        }
        for reached in segments { try publish(reached) }
        return contents
    }

    private func path(of log: CommitEntry.Log) -> String {
        SegmentPaths(folder: directory + "/" + log.folder, baseOffset: log.segmentBase).log
    }

    private mutating func write(
        _ entry: CommitEntry, _ bytes: MappedBytes
    ) throws(FileError) {
        let file = try OpenFile(path(of: entry.log), .readWrite, in: fileSystem)
        try file.write(bytes.bytes(in: 0..<bytes.count), at: FilePosition(entry.position))
        let slot = slots[entry.log] ?? segments.count
        if slot == segments.count {
            segments.append(Reached(log: entry.log, size: 0, end: .zero))
            slots[entry.log] = slot
        }
        segments[slot].size = max(segments[slot].size, entry.position + entry.size)
        segments[slot].end = max(segments[slot].end, entry.endOffset)
    }

    /// Says in the log's ends file what is true now, where it says less: it is flushed up to here.
    private func publish(_ reached: Reached) throws(FileError) {
        let folder = directory + "/" + reached.log.folder
        let base = reached.log.segmentBase
        guard let last = try EndsFile.load(folder: folder, in: fileSystem),
            last.segmentBase <= base,
            last.segmentBase < base || last.flushedSize < Int64(reached.size)
                || last.ends.flushed < reached.end
        else { return }
        var said = last
        said.bootID = bootID
        if base > last.segmentBase { (said.flushedSize, said.writtenSize) = (0, 0) }
        said.segmentBase = base
        said.flushedSize = max(said.flushedSize, Int64(reached.size))
        said.writtenSize = max(said.writtenSize, said.flushedSize)
        let flushed = max(reached.end, last.ends.flushed)
        said.ends = LogEnds(
            start: last.ends.start, flushed: flushed, written: max(flushed, last.ends.written))
        var file = EndsFile(folder: folder, last: last, in: fileSystem)
        try file.publishDurably(said)
    }
}
