internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// What a log's folder shows of segments that were about to take the place of others when their
/// writer died: this engine's compaction, or Apache Kafka's.
///
///     found                                        what becomes of it
///     .cleaned                                     worthless, removed
///     .swap at or above the least .cleaned         worthless, removed first
///     any other .swap                              takes its final name, once the segments that
///                                                  it covers are gone
///
/// *Source*: Kafka's log loader; `SegmentReplacement` tells why any crash is one of these.
struct SegmentSwap {
    private let folder: String
    /// Names that are worthless, those of `.swap` files and those of `.cleaned` ones.
    private(set) var worthlessSwaps: [SegmentFileName] = []
    private(set) var cleaned: [SegmentFileName] = []
    /// Files that are to be completed.
    private(set) var completed: [SegmentFileName] = []
    private var live: [SegmentFileName] = []

    /// Sorts the names of a folder. Pure.
    init(_ names: some Sequence<SegmentFileName>, in folder: String) {
        self.folder = folder
        var swaps: [SegmentFileName] = []
        for name in names {
            switch name.standing {
            case .live: live.append(name)
            case .cleaned: cleaned.append(name)
            case .swap: swaps.append(name)
            case .deleted: continue
            }
        }
        let least = cleaned.map(\.baseOffset).min()
        for name in swaps {
            if let least, name.baseOffset >= least {
                worthlessSwaps.append(name)
            } else {
                completed.append(name)
            }
        }
    }

    /// Looks at a folder.
    init(_ folder: String, in fileSystem: any FileSystem) throws(FileError) {
        self.init(try FolderNames(folder, in: fileSystem).segments, in: folder)
    }

    /// Whether some file has not the name that it is to have.
    var isPending: Bool { !completed.isEmpty || !worthlessSwaps.isEmpty }

    /// The segments that are to take the place of others.
    var bases: [Offset] {
        completed.filter { $0.content == .log }.map(\.baseOffset).sorted()
    }

    private func path(_ name: SegmentFileName) -> String { "\(folder)/\(name)" }

    // MARK: Completing

    /// Completes or takes back what is pending. After a crash in the middle of it the same is found
    /// to do, or the rest of it.
    /// - Returns: the segments that took the place of others.
    /// - Throws: `.corrupt`, with nothing changed, when a new segment is damaged; `.file`.
    func settle(in fileSystem: any FileSystem) throws(LogError) -> [Offset] {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.swapNotCompleted.isPlanted { return [] }
        #endif
        guard isPending else { return [] }
        let covered = try covered(in: fileSystem)
        do {
            if !worthlessSwaps.isEmpty {
                for name in worthlessSwaps { try fileSystem.removeFile(path(name)) }
                // Without the .cleaned files they would pass for good ones.
                try fileSystem.flushDirectory(folder)
            }
            for name in cleaned { try fileSystem.removeFile(path(name)) }
            guard !completed.isEmpty else { return [] }
            for name in superseded(in: covered) { try fileSystem.removeFile(path(name)) }
            // Once the .swap files have their final names nothing tells what they cover.
            try fileSystem.flushDirectory(folder)
            for name in completed {
                let final = SegmentFileName(name.baseOffset, name.content)
                try fileSystem.rename(path(name), to: path(final))
            }
            try fileSystem.flushDirectory(folder)
        } catch {
            throw .file(error)
        }
        return bases
    }

    /// Live files of segments that the new ones cover. Files with a new one's own name are not
    /// among them: they are replaced by renaming, or are the new ones already.
    private func superseded(in covered: Range<Offset>?) -> [SegmentFileName] {
        guard let covered else { return [] }
        let bases = Set(bases)
        return live.filter { covered.contains($0.baseOffset) && !bases.contains($0.baseOffset) }
    }

    /// The offsets from the first new segment's to the last one's end.
    private func covered(in fileSystem: any FileSystem) throws(LogError) -> Range<Offset>? {
        guard let first = bases.first else { return nil }
        var end = first
        for base in bases { end = max(end, try endOffset(of: base, in: fileSystem)) }
        return first..<end
    }

    /// Reads a new segment to its end. Whole it was when it got its name; if it is not any more,
    /// nobody knows what the old ones were worth, and nothing is touched.
    /// - Throws: `.corrupt`; `.file`.
    private func endOffset(
        of base: Offset, in fileSystem: any FileSystem
    ) throws(LogError) -> Offset {
        let path = path(SegmentFileName(base, .log, .swap))
        let status = try wrapping { () throws(FileError) in try fileSystem.status(at: path) }
        let segment = Segment(
            SegmentPaths(folder: folder, baseOffset: base, logPath: path),
            size: status?.size.bytes ?? 0, access: .copied,
            limits: Segment.Limits(logSize: 0, indexSize: 0), in: fileSystem)
        var walk = try BatchWalk(segment, at: 0, through: .includingUnflushed)
        var (position, end) = (0, base)
        do {
            while let header = try walk.header(at: position) {
                try walk.verify(at: position, size: header.sizeInBytes)
                end = Offset(header.lastOffset ?? header.baseOffset).advanced(by: 1)
                position += header.sizeInBytes
            }
        } catch {
            switch error {
            case .log(let error): throw error
            case .defect(let defect):
                throw .corrupt(
                    CorruptRange(
                        path: path,
                        positions: FilePosition(position)..<FilePosition(segment.writtenSize),
                        offsets: end..<(end.advanced(byExactly: 1) ?? end), defect: defect))
            }
        }
        return end
    }

    // MARK: Looking

    /// A `.log` file that counts, whatever its name is at the moment.
    struct Found: Sendable {
        var base: Offset
        var path: String
    }

    /// The `.log` files that count, in order, for those who look and change nothing: of what is
    /// being replaced the new ones.
    func logs(in fileSystem: any FileSystem) throws(LogError) -> [Found] {
        let covered = try covered(in: fileSystem)
        let bases = bases
        var found = bases.map { Found(base: $0, path: path(SegmentFileName($0, .log, .swap))) }
        for name in live where name.content == .log && !bases.contains(name.baseOffset) {
            guard covered.map({ !$0.contains(name.baseOffset) }) ?? true else { continue }
            found.append(Found(base: name.baseOffset, path: path(name)))
        }
        return found.sorted { $0.base < $1.base }
    }
}

extension LogRecovery {
    /// Completes, or takes back, what a crash left of a replacement of segments. Comes before
    /// everything else: until then the folder does not say which segments there are.
    /// - Returns: the segments that took the place of others.
    func settleReplacements() throws(LogError) -> [Offset] {
        // What was seen has nothing pending.
        guard seen == nil else { return [] }
        let swap = try wrapping { () throws(FileError) in
            try SegmentSwap(folder, in: files.fileSystem)
        }
        return try swap.settle(in: files.fileSystem)
    }

    /// What opening the log would find and do. Where a replacement of segments is to be settled
    /// first, that is all that can be said without doing it.
    func preview() throws(LogError) -> RecoveryReport {
        let swap = try wrapping { () throws(FileError) in
            try SegmentSwap(folder, in: files.fileSystem)
        }
        guard swap.isPending else { return try plan().report }
        let known = checkpointed ?? .zero
        var report = RecoveryReport(path: folder, knownFlushed: known, endOffset: known)
        report.completedReplacements = swap.bases
        report.removedFiles = (swap.worthlessSwaps + swap.cleaned).map { "\($0)" }.sorted()
        return report
    }
}
