internal import VarveSystem
internal import VarveTerms

extension DirectoryIntegrity {
    /// Writes the root of a directory whose logs are closed and whose checkpoints are stored; on
    /// return it survives a power cut.
    ///
    /// - Parameters:
    ///   - logs: the logs that were open, by the name of their folder. Of others the root says what
    ///     was said when they were closed.
    ///   - marker: what the clean-shutdown marker is going to hold.
    func storeRoot(
        of logs: [(folder: String, line: IntegrityRoot.LogLine)], marker: [UInt8], now: Timestamp
    ) throws(LogError) {
        let next = max(lastSequence + 1, now.milliseconds, 1)
        var made = IntegrityRoot(sequence: next, marker: marker)
        if let root { made.logs = root.logs }
        for (folder, line) in rested { made.logs[folder] = line }
        do {
            for name in Self.ownFiles {
                made.files[name] = try FileSeal(at: directory + "/" + name, in: fileSystem)
            }
            for (folder, line) in logs {
                made.logs[folder] = try sealed(line, of: folder)
            }
        } catch {
            throw .file(error)
        }
        let bytes = made.printed()
        for name in IntegrityRoot.fileNames {
            try wrapping { () throws(FileError) in
                try WholeFile.store(bytes, at: directory + "/" + name, in: fileSystem)
            }
        }
        // The flush of the marker's name covers theirs.
        for name in IntegrityRoot.leftNames {
            try wrapping { () throws(FileError) in
                let path = directory + "/" + name
                if try fileSystem.status(at: path) != nil { try fileSystem.removeFile(path) }
            }
        }
    }

    /// What is said of a closed log, with what its small files are.
    func sealed(
        _ line: IntegrityRoot.LogLine, of folder: String
    ) throws(FileError) -> IntegrityRoot.LogLine {
        let path = directory + "/" + folder
        var line = line
        for entry in try fileSystem.entries(of: path) where Self.isNamed(entry) {
            line.files[entry.name] = try FileSeal(at: path + "/" + entry.name, in: fileSystem)
        }
        return line
    }

    /// Files beside the logs' folders that the root names.
    private static let ownFiles = [
        MetaProperties.fileName, OffsetCheckpoint.recoveryPointFileName,
        OffsetCheckpoint.logStartFileName, OffsetCheckpoint.highWatermarkFileName,
        OffsetCheckpoint.compactionFileName, OffsetCheckpoint.rewrittenFileName,
    ]

    /// Files of a log that the root names, besides its segments.
    static func isNamed(_ entry: DirectoryEntry) -> Bool {
        guard entry.kind == .file else { return false }
        if let name = SegmentFileName(entry.name) {
            let contents: [SegmentFileName.Content] = [.producerSnapshot, .transactionIndex]
            return name.standing == .live && contents.contains(name.content)
        }
        return [PartitionMetadata.fileName, LeaderEpochCheckpoint.fileName].contains(entry.name)
    }

    /// Takes note that the files of a folder are no longer what the root says: the log was opened,
    /// deleted, or got another name.
    mutating func forget(_ folder: String) {
        rested[folder] = nil
        guard case .closed(var root) = standing else { return }
        // So that the root is changed in place, and not copied for each log.
        standing = .found
        root.logs[folder] = nil
        standing = .closed(root)
    }
}

extension Log {
    /// What a root says of the log once it is closed.
    var rootLine: IntegrityRoot.LogLine {
        var line = IntegrityRoot.LogLine(start: ends.start, end: ends.written)
        for segment in segments {
            line.segments[segment.baseOffset] = IntegrityRoot.SegmentLine(
                size: Int64(segment.writtenSize), sealCRC: segment.sidecar?.seal?.crc)
        }
        return line
    }
}

extension CleanShutdownMarker {
    /// What Varve leaves: the object and a line end, which Kafka does not write and no reader of
    /// JSON minds. So it shows who closed the directory last.
    func printedByVarve() -> [UInt8] { printed() + [UInt8(ascii: "\n")] }

    /// Whether the bytes are what Kafka leaves.
    static func isKafkas(_ bytes: [UInt8]) -> Bool {
        if bytes.isEmpty { return true }
        return CleanShutdownMarker(parsing: bytes).printed() == bytes
    }
}
