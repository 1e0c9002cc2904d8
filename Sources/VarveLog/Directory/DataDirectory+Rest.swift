internal import VarveSystem
internal import VarveTerms

// Logs of an open directory that are not open themselves.
extension DataDirectory {
    /// Closes one log while the directory stays open, for programs with more logs than they use:
    /// it takes no memory then, and `openLog` opens it again without any recovery.
    ///
    /// On return all that was appended survives a power cut. After a crash the next opening finds
    /// the log as if it had been open.
    /// - Throws: what closing it threw; the log takes no more calls then, and the next opening
    ///   recovers it. `.poisoned`, with the log open as before, when a flush failed; `.closed`.
    public func closeLog(_ name: LogName) throws(LogError) {
        try checkOpen()
        guard let log = openLogs[name] else { return }
        try log.checkOpen()
        let folder = name.folder
        if try isAsClosed(log) {
            openLogs[name] = nil
            return log.abandon()
        }
        if log.isAsMade {
            // All of its files are empty, or durable since they were made.
            integrity.rested[folder] = try wrapping { () throws(FileError) in
                try integrity.sealed(log.rootLine, of: folder)
            }
            openLogs[name] = nil
            return log.abandon()
        }
        // While the log is open a failure leaves the commit ring what it has of it: recovery in the
        // middle of a life would look for that in the log's own files alone.
        try log.flushInPlace()
        // Should it fail half way, nothing may be said of the log.
        openLogs[name] = nil
        recovered.remove(log.path)
        failed.insert(log.path)
        let hasEnds = log.hasEnds
        try log.close()
        let line = try wrapping { () throws(FileError) in
            try integrity.sealed(log.rootLine, of: folder)
        }
        integrity.rested[folder] = line
        failed.remove(log.path)
        recovered.insert(log.path)
        if hasEnds { restedWithEnds.insert(log.path) }
    }

    /// Whether a log was opened and nothing else: what was said of it when it was closed holds.
    private func isAsClosed(_ log: Log) throws(LogError) -> Bool {
        guard let line = integrity.line(of: log.name.folder), log.appendedSize == 0,
            log.ends.written == line.end, log.ends.flushed == line.end, log.doomed.isEmpty,
            try integrity.holds(
                line, of: log.name.folder,
                LogIdentity(topicID: log.topicID, partition: log.name.partition))
        else { return false }
        integrity.rested[log.name.folder] = line
        return true
    }

    /// Whether a log that is not open has to be opened before anything can be said of it: the
    /// directory was not closed cleanly, and the log may have been in use then.
    ///
    /// One that was not is taken note of: the next clean close speaks for it, too.
    /// - Throws: `.file`; `.checkpoint`; `.closed`.
    /// - Complexity: lists the folder and reads its small files and the ends of its sidecars.
    public func needsRecovery(_ name: LogName) throws(LogError) -> Bool {
        try checkOpen()
        let folder = path + "/" + name.folder
        guard !wasClosedCleanly, !recovered.contains(folder) else { return false }
        let topicID: UniqueID?
        do throws(CheckpointError) {
            topicID = try PartitionMetadata.load(
                folder + "/" + PartitionMetadata.fileName, in: surroundings.fileSystem)?.topicID
        } catch {
            throw .checkpoint(error)
        }
        let identity = LogIdentity(topicID: topicID, partition: name.partition)
        guard let line = try integrity.untouched(name.folder, of: identity) else { return true }
        integrity.rested[name.folder] = line
        recovered.insert(folder)
        return false
    }

    /// Removes the ends files of logs that were closed before the directory is: its checkpoints say
    /// as much by now.
    func removeRestedEnds() throws(LogError) {
        for folder in restedWithEnds.sorted() where recovered.contains(folder) {
            var ends = EndsFile(folder: folder, last: nil, in: surroundings.fileSystem)
            try wrapping { () throws(FileError) in try ends.remove() }
        }
        restedWithEnds = []
    }
}

extension Log {
    /// Whether it never took a batch, and has one segment: nothing was written since it was made.
    fileprivate var isAsMade: Bool {
        guard segments.count == 1, appendedSize == 0, segments[0].baseOffset == ends.written,
            settings.segmentCreation == .extending, leftover == nil, doomed.isEmpty, !hasEnds
        else { return false }
        return ends.written == .zero && epochs.isEmpty && producers.isEmpty && quarantine.isEmpty
    }

    /// Whether its folder may hold an ends file.
    var hasEnds: Bool { endsFile.isDurable || endsFile.sequence > 0 }
}
