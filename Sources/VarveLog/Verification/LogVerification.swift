internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Goes through one log's folder without changing it.
struct LogVerification {
    let folder: String
    /// Nil for a folder whose name is not a log's.
    let name: LogName?
    /// What the data directory around it says.
    let facts: DirectoryFacts
    /// What the directory was closed with.
    let integrity: DirectoryIntegrity

    /// Reads the log from its first segment to its last, and goes on after damage.
    func run(_ scope: inout VerificationScope) throws(LogError) {
        scope.didEnterLog()
        let listing = try FolderListing(folder, in: scope.fileSystem)
        listing.reportStrays(&scope)
        let metadata = try DirectoryFacts.content(
            PartitionMetadata.self, folder + "/" + PartitionMetadata.fileName, &scope)
        let closed = try closed(metadata?.topicID)
        if listing.isMissingMetadata {
            scope.find(
                .note("there is no partition.metadata: Kafka takes such a log for a stray one"),
                in: folder)
        }
        let end = try readSegments(listing, closed, &scope)
        if scope.isStopped() { return }
        try checkSnapshots(listing, &scope)
        checkRows(end: end, &scope)
        for finding in closed?.findings ?? [] { scope.findUnlessNamed(finding) }
    }

    /// What the directory's root says of the log; nil when no sidecar can be believed.
    private func closed(_ topicID: UniqueID?) throws(LogError) -> LogIntegrity? {
        guard integrity.standing != .takenOver, let name else { return nil }
        return try integrity.log(
            WholeFile.name(of: folder), LogIdentity(topicID: topicID, partition: name.partition),
            now: .none)
    }

    /// - Returns: the log's end.
    private func readSegments(
        _ listing: FolderListing, _ closed: LogIntegrity?, _ scope: inout VerificationScope
    ) throws(LogError) -> Offset {
        let history = try DirectoryFacts.content(
            LeaderEpochCheckpoint.self, folder + "/" + LeaderEpochCheckpoint.fileName, &scope)
        var (end, epoch): (Offset?, LeaderEpoch?)
        let known = try knownFlushed(scope.fileSystem)
        var producers = try ProducerVerification(
            folder: folder, segments: listing.segments.map(\.base), compactedTo: compactedTo,
            in: scope.fileSystem)
        for (slot, file) in listing.segments.enumerated() {
            scope.didEnterSegment()
            let isSealed = slot < listing.segments.count - 1
            let paths = SegmentPaths(
                folder: folder, baseOffset: file.base, logPath: file.path)
            let indexes = try SegmentIndexes(paths, in: scope.fileSystem)
            indexes.reportShape(logSize: file.size, &scope)
            var segment = SegmentVerification(
                SegmentVerification.Setting(
                    path: paths.log, expected: end, epoch: epoch, compactedTo: compactedTo,
                    knownFlushed: known, isSealed: isSealed, history: history?.history),
                offsets: indexes.offsetCheck, times: indexes.timeCheck,
                sidecar: try closed?.verification(
                    of: paths, logSize: file.size, in: scope.fileSystem))
            try segment.run(&scope, &producers)
            if scope.isStopped() { return .zero }
            if facts.wasClosedCleanly { checkClosed(segment.isTorn, indexes, &scope) }
            (end, epoch) = (segment.endOffset, segment.epoch)
            let sidecar = segment.sidecar
            segment.finish(indexes, &scope)
            try producers.finish(paths, &scope)
            try sidecar?.report(isSealed: isSealed, &scope)
        }
        producers.finish(&scope)
        return end ?? .zero
    }

    /// Below this offset everything was on disk.
    private func knownFlushed(_ fileSystem: any FileSystem) throws(LogError) -> Offset {
        let checkpointed = name.flatMap { facts.recoveryPoints.offsets[$0] } ?? .zero
        guard !facts.wasClosedCleanly else { return checkpointed }
        let published = try wrapping { () throws(FileError) in
            try EndsFile.load(folder: folder, in: fileSystem)
        }
        return max(checkpointed, published?.ends.flushed ?? .zero)
    }

    /// Below this offset compaction may have left gaps; nil when nothing is known of it.
    private var compactedTo: Offset? {
        guard let name, let compacted = facts.compacted else { return nil }
        return compacted.offsets[name] ?? .zero
    }

    private func checkClosed(
        _ isTorn: Bool, _ indexes: SegmentIndexes, _ scope: inout VerificationScope
    ) {
        if isTorn {
            scope.find(
                .notClosedCleanly("bytes stand behind the last batch"), in: indexes.paths.log)
        }
        if indexes.isUntrimmed {
            scope.find(
                .notClosedCleanly("an index of its segment was not trimmed"),
                in: indexes.paths.log)
        }
    }

    // MARK: Beside the segments

    private func checkSnapshots(
        _ listing: FolderListing, _ scope: inout VerificationScope
    ) throws(LogError) {
        for path in listing.snapshots {
            let content = try bytes(path, ProducerSnapshotFile.sizeMax, scope.fileSystem)
            guard let snapshot = ProducerSnapshotFile(parsing: content) else {
                scope.find(
                    .snapshot("\(content.count) bytes are no snapshot of producers"), in: path)
                continue
            }
            if !snapshot.isCRCRight {
                scope.find(.snapshot("the checksum does not hold"), in: path)
            } else if snapshot.version != 1 {
                scope.find(.snapshot("version \(snapshot.version) is not known"), in: path)
            }
        }
        for path in listing.transactionIndexes {
            let content = try bytes(path, .mib(512), scope.fileSystem)
            guard let index = TransactionIndexFile(parsing: content) else {
                scope.find(
                    .transactionIndex("\(content.count) bytes are no multiple of an entry's 34"),
                    in: path)
                continue
            }
            let markers = index.transactions.map(\.lastOffset)
            if zip(markers, markers.dropFirst()).contains(where: { $0 >= $1 }) {
                scope.find(.transactionIndex("the entries are out of order"), in: path)
            }
        }
    }

    private func bytes(
        _ path: String, _ sizeMax: ByteCount, _ fileSystem: any FileSystem
    ) throws(LogError) -> [UInt8] {
        do {
            return try WholeFile.load(path, sizeMax: sizeMax, in: fileSystem) ?? []
        } catch {
            throw .checkpoint(error)
        }
    }

    /// Rows of the directory's checkpoints against what the log holds.
    private func checkRows(end: Offset, _ scope: inout VerificationScope) {
        guard let name else { return }
        if let flushed = facts.recoveryPoints.offsets[name], flushed > end {
            scope.find(.shorterThanFlushed(flushed: flushed, end: end), in: folder)
        } else if facts.wasClosedCleanly, let flushed = facts.recoveryPoints.offsets[name],
            flushed < end
        {
            scope.find(
                .checkpointRow(
                    "the recovery point is \(flushed), the log ends at \(end), "
                        + "although the directory was closed cleanly"),
                in: folder)
        }
        if let start = facts.starts.offsets[name], start > end {
            scope.find(
                .checkpointRow("the log starts at \(start), but ends at \(end)"), in: folder)
        }
        if let mark = facts.highWatermarks.offsets[name], mark > end {
            scope.find(
                .checkpointRow("the high watermark is \(mark), but the log ends at \(end)"),
                in: folder)
        }
    }
}
