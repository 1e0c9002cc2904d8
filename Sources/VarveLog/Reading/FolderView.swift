internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Finds out, without the lock, which segments a log has and where it starts and ends.
///
/// The owner's word (`varve.ends`) is read before the folder is listed, so every segment that it
/// speaks of is listed, or gone for good. What was written after it is found by walking.
struct FolderView: Sendable {
    private let name: LogName
    private let directory: String
    private let folder: String
    private let fileSystem: any FileSystem
    /// Whose log it is; nil when another program had the directory last.
    private let identity: LogIdentity?
    /// Segments whose transaction index is not what it was when the directory was closed.
    private let distrustedIndexes: Set<Offset>

    /// What one look saw.
    struct Sight: Sendable {
        var segments: [Segment]
        var ends: LogEnds
        var source: ReadOnlyLog.EndsSource
        /// Everything before it was flushed, as far as somebody said.
        var knownFlushed = Offset.zero
        var distrustedIndexes: Set<Offset> = []
        /// Where the last segment's whole batches end, to walk on from there.
        fileprivate var tail: Tail?
        /// The log-start checkpoint's row, and the file that it was read from.
        fileprivate var start: StartRow

        func isEqual(to other: Sight) -> Bool {
            ends == other.ends && segments.count == other.segments.count
                && segments.last?.baseOffset == other.segments.last?.baseOffset
        }
    }

    fileprivate struct Tail: Sendable {
        var base: Offset
        var position: Int
        var offset: Offset
    }

    fileprivate struct StartRow: Sendable {
        var file: FileStatus?
        var offset: Offset?
    }

    init(
        _ name: LogName, directory: String, folder: String, in fileSystem: any FileSystem
    ) {
        self.name = name
        self.directory = directory
        self.folder = folder
        self.fileSystem = fileSystem
        let metadata = try? PartitionMetadata.load(
            folder + "/" + PartitionMetadata.fileName, in: fileSystem)
        let integrity = try? DirectoryIntegrity(directory, in: fileSystem)
        distrustedIndexes = (try? integrity?.distrustedIndexes(of: name.folder)) ?? []
        identity =
            integrity.map { $0.standing != .takenOver } ?? false
            ? LogIdentity(topicID: metadata?.topicID, partition: name.partition) : nil
    }

    /// Looks at the folder. Segments that were known before keep what was learnt of them.
    func look(after last: Sight?) throws(LogError) -> Sight {
        let published = try ownersWord()
        let files = try listing()
        let start = try startRow(after: last?.start)
        var sight = Sight(
            segments: [], ends: LogEnds(start: .zero, flushed: .zero, written: .zero),
            source: published == nil ? .found : .published, tail: last?.tail, start: start)
        var known: [Offset: Segment] = [:]
        for segment in last?.segments ?? [] { known[segment.baseOffset] = segment }
        var end = files.first?.base ?? published?.ends.written ?? start.offset ?? .zero
        for (slot, file) in files.enumerated() {
            let isLast = slot == files.count - 1
            var sizes = try sizes(of: file, isLast: isLast, published, &sight.tail, &end)
            // Where the walk ends below what is known to be flushed, damage ended it and not the
            // log. The rest counts as flushed, so that reading meets the damage and names it.
            if isLast, published == nil, sizes.written < file.size,
                let flushed = checkpointedEnd(), flushed > end
            {
                sizes = Sizes(written: file.size, flushed: file.size)
                end = flushed
            }
            let own = file.path == nil ? known[file.base] : nil
            sight.segments.append(adopt(own, file, sizes))
        }
        let firstBase = files.first?.base ?? .zero
        let written = max(end, firstBase)
        let flushed = min(written, max(published?.ends.flushed ?? written, firstBase))
        let from = max(firstBase, start.offset ?? .zero, published?.ends.start ?? .zero)
        sight.ends = LogEnds(start: min(from, flushed), flushed: flushed, written: written)
        sight.knownFlushed = published?.ends.flushed ?? .zero
        if published == nil { sight.knownFlushed = try knownEnd(else: written) }
        sight.distrustedIndexes = distrustedIndexes
        return sight
    }

    // MARK: What the files say

    /// What the owner published; nil when there is nothing, or the directory was closed since.
    private func ownersWord() throws(LogError) -> PublishedEnds? {
        let marker = directory + "/" + CleanShutdownMarker.fileName
        do {
            guard try fileSystem.status(at: marker) == nil else { return nil }
            return try EndsFile.load(folder: folder, in: fileSystem)
        } catch {
            // A clean close removes it, perhaps between two calls.
            guard error.error == .notFound else { throw .file(error) }
            return nil
        }
    }

    private struct SegmentFile {
        var base: Offset
        var size: Int
        /// Where it is while it takes the place of others; nil under its own name.
        var path: String?
    }

    /// The segments, in order; one that goes while they are listed is left out. Of segments that
    /// compaction is replacing right now, the new ones.
    private func listing() throws(LogError) -> [SegmentFile] {
        let swap: SegmentSwap
        do {
            swap = try SegmentSwap(folder, in: fileSystem)
        } catch {
            throw error.error == .notFound ? .noSuchLog(path: folder) : .file(error)
        }
        var files: [SegmentFile] = []
        for found in try swap.logs(in: fileSystem) {
            let status = try wrapping { () throws(FileError) in
                try fileSystem.status(at: found.path)
            }
            guard let status else { continue }
            let own = SegmentPaths(folder: folder, baseOffset: found.base).log
            files.append(
                SegmentFile(
                    base: found.base, size: status.size.bytes,
                    path: found.path == own ? nil : found.path))
        }
        return files
    }

    /// The log's row of the log-start checkpoint; the file is read only when it was replaced.
    private func startRow(after last: StartRow?) throws(LogError) -> StartRow {
        let path = directory + "/" + OffsetCheckpoint.logStartFileName
        let status = try wrapping { () throws(FileError) in try fileSystem.status(at: path) }
        if let last, last.file == status { return last }
        guard status != nil else { return StartRow(file: nil, offset: nil) }
        // A checkpoint that cannot be understood only hides where the log was cut at its front.
        let rows = try? OffsetCheckpoint.load(path, in: fileSystem)
        return StartRow(file: status, offset: rows?.offsets[name])
    }

    /// The log's row of the recovery-point checkpoint: what lies before it is flushed.
    private func checkpointedEnd() -> Offset? {
        let path = directory + "/" + OffsetCheckpoint.recoveryPointFileName
        return (try? OffsetCheckpoint.load(path, in: fileSystem))?.offsets[name]
    }

    /// What is known to be flushed where no owner says it: all of it after a clean close.
    private func knownEnd(else written: Offset) throws(LogError) -> Offset {
        let marker = directory + "/" + CleanShutdownMarker.fileName
        let status = try wrapping { () throws(FileError) in try fileSystem.status(at: marker) }
        return status == nil ? checkpointedEnd() ?? .zero : written
    }

    // MARK: Sizes and ends

    private struct Sizes {
        var written: Int
        var flushed: Int
    }

    /// How far a segment's bytes are to be read; moves `end` to where its records end.
    private func sizes(
        of file: SegmentFile, isLast: Bool, _ published: PublishedEnds?, _ tail: inout Tail?,
        _ end: inout Offset
    ) throws(LogError) -> Sizes {
        end = max(end, file.base)
        guard let published, file.base >= published.segmentBase else {
            if isLast { return try walked(file, from: nil, &tail, &end) }
            return Sizes(written: file.size, flushed: file.size)
        }
        guard file.base == published.segmentBase else {
            // Made since the owner's word, or not flushed yet: nothing in it is known to be.
            let written = isLast ? try walked(file, from: nil, &tail, &end).written : file.size
            return Sizes(written: written, flushed: 0)
        }
        let flushed = min(Int(clamping: published.flushedSize), file.size)
        guard !published.isPoisoned else {
            end = max(end, published.ends.flushed)
            return Sizes(written: flushed, flushed: flushed)
        }
        guard isLast else { return Sizes(written: file.size, flushed: flushed) }
        // The ends in offsets belong to the sizes only where the owner says both of one segment.
        let told = Tail(
            base: file.base, position: Int(clamping: published.writtenSize),
            offset: published.ends.written)
        let isTold = published.writtenSize > 0 && told.position <= file.size
        let sizes = try walked(file, from: isTold ? told : nil, &tail, &end)
        // While a log is being cut, its owner tells the offset of the new end and no sizes.
        let flushedSize =
            isTold ? flushed : try position(of: published.ends.flushed, in: file, sizes.written)
        return Sizes(written: sizes.written, flushed: min(flushedSize, sizes.written))
    }

    /// Where the batches end that lie before `end`.
    private func position(
        of end: Offset, in file: SegmentFile, _ size: Int
    ) throws(LogError) -> Int {
        let segment = segment(file.base, size: size)
        var position = 0
        var walk = try BatchWalk(segment, at: 0, through: .includingUnflushed)
        while let header = try? walk.header(at: position), header.lastOffset ?? .max < end.rawValue
        {
            position += header.sizeInBytes
        }
        return position
    }

    /// Walks the last segment to its last whole batch.
    private func walked(
        _ file: SegmentFile, from told: Tail?, _ tail: inout Tail?, _ end: inout Offset
    ) throws(LogError) -> Sizes {
        let segment = segment(file.base, size: file.size)
        var place = told
        if place == nil, let known = tail, known.base == file.base, known.position <= file.size {
            place = try walk(segment, on: known)
            // No batch starts there: perhaps the file was cut and written anew.
            if place?.position == known.position, known.position < file.size { place = nil }
        }
        let start: Tail
        if let place {
            start = place
        } else {
            start = try indexed(segment) ?? Tail(base: file.base, position: 0, offset: end)
        }
        let found = try walk(segment, on: start)
        tail = found
        end = max(end, found.offset)
        return Sizes(written: found.position, flushed: found.position)
    }

    /// Walks over whole batches from `place` on.
    private func walk(_ segment: Segment, on place: Tail) throws(LogError) -> Tail {
        var place = place
        var walk = try BatchWalk(segment, at: place.position, through: .includingUnflushed)
        while let header = try? walk.header(at: place.position),
            header.baseOffset >= place.offset.rawValue,
            (try? walk.verify(at: place.position, size: header.sizeInBytes)) != nil,
            let next = Offset(header.lastOffset ?? header.baseOffset).advanced(byExactly: 1)
        {
            place.position += header.sizeInBytes
            place.offset = next
        }
        return place
    }

    /// The batch that the segment's last index entry names, if it is one.
    private func indexed(_ segment: Segment) throws(LogError) -> Tail? {
        let position = try segment.indexedPosition(before: segment.writtenSize)
        guard position > 0 else { return nil }
        var walk = try BatchWalk(segment, at: position, through: .includingUnflushed)
        guard let header = try? walk.header(at: position),
            (try? walk.verify(at: position, size: header.sizeInBytes)) != nil
        else { return nil }
        return Tail(
            base: segment.baseOffset, position: position, offset: Offset(header.baseOffset))
    }

    private func segment(_ base: Offset, size: Int, path: String? = nil) -> Segment {
        let paths = SegmentPaths(folder: folder, baseOffset: base, logPath: path)
        // A file that is about to take its name has its sidecar under another one, too.
        let sidecar =
            path != nil
            ? nil
            : identity.map {
                SegmentSidecar(paths, of: $0, trust: .found, access: .copied, in: fileSystem)
            }
        return Segment(
            paths, size: size, access: .copied, limits: Self.limits, sidecar: sidecar,
            in: fileSystem)
    }

    /// Index files are copied whole; Kafka and Varve make none larger than this by default.
    private static let limits = Segment.Limits(logSize: 0, indexSize: 64 << 20)

    /// How far a segment may grow until its indexes are copied anew.
    private static let indexedAnewAfter = 1 << 20

    /// The segment with these sizes: the one that was known before, if it can be the same.
    private func adopt(_ known: Segment?, _ file: SegmentFile, _ sizes: Sizes) -> Segment {
        guard let known, known.paths.logPath == nil, known.writtenSize <= sizes.written else {
            let segment = segment(file.base, size: sizes.written, path: file.path)
            segment.adopt(writtenSize: sizes.written, flushedSize: sizes.flushed)
            return segment
        }
        let mib = { $0 / Self.indexedAnewAfter }
        if mib(known.writtenSize) != mib(sizes.written) {
            known.offsetIndex.forget()
            known.timeIndex.forget()
        }
        known.adopt(writtenSize: sizes.written, flushedSize: sizes.flushed)
        return known
    }
}
