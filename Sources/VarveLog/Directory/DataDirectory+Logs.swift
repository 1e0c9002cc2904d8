internal import VarveSystem
public import VarveTerms

extension DataDirectory {
    // MARK: Opening

    /// The logs that have a folder here, in order of name.
    public func logNames() throws(LogError) -> [LogName] {
        try DirectoryShape(path, in: fileSystem).logs
    }

    /// Folders of logs that are on their way in or out, or were put aside as strays, in order of
    /// name. Strays are never touched: no word but that of who put them aside says what they are.
    public func otherFolders() throws(LogError) -> [LogFolderName] {
        try DirectoryShape(path, in: fileSystem).others
    }

    /// Opens a log, recovers it where that is needed, and makes it when it is missing.
    ///
    /// - Parameter topicID: what a new log takes as the id of its topic; nil for a random one.
    /// - Throws: `.noSuchLog` when it is missing and `creation` says so; `.setting`; `.file`;
    ///   `.closed` when the directory is closed.
    /// - Complexity: reads only what lies above the log's known-flushed offset.
    public func openLog(
        _ name: LogName, settings: LogSettings = LogSettings(), topicID: UniqueID? = nil,
        _ creation: Creation = .createIfMissing
    ) throws(LogError) -> Log {
        try checkOpen()
        if let open = openLogs[name] { return open }
        try settleRing(beforeOpening: name)
        var opening = opening(of: LogFolderName(name), settings: settings)
        opening.newTopicID = topicID
        opening.isNamed = madeFolders.remove(name) != nil
        return try adopt(opening.outcome(creation), of: opening).get()
    }

    /// Makes the folders of logs that are about to be made, all of which share one flush of their
    /// names. A log that has a folder is passed over.
    ///
    /// After a crash an empty folder is one of a log that begins with its next opening.
    /// - Throws: `.file`, `.checkpoint`, with some folders made: `openLog` makes the others.
    public func makeFolders(of names: [LogName]) throws(LogError) {
        try checkOpen()
        // Rows that a deleted log of such a name left would speak of the new one.
        try checkpoints.settleForgotten()
        var missing: [LogName] = []
        for name in names where try status(of: path + "/" + name.folder) == nil {
            missing.append(name)
        }
        guard missing.count > 1 else { return }
        try wrapping { () throws(FileError) in
            for name in missing { try fileSystem.makeDirectory(path + "/" + name.folder) }
            try fileSystem.flushDirectory(path)
        }
        madeFolders.formUnion(missing)
    }

    /// Opens every log of the directory that is not open yet, and removes what is left of deleted
    /// ones. A log that cannot be opened does not keep the others from it.
    ///
    /// - Parameters:
    ///   - settings: how each log is kept.
    ///   - work: what runs the openings; each is independent of the others.
    /// - Returns: each log, with what its opening found in `recovery`, or why it stays closed.
    /// - Throws: `.file` when the directory cannot be listed; `.closed`.
    @discardableResult
    public func openAll(
        settings: (LogName) -> LogSettings = { _ in LogSettings() },
        by work: ParallelWork = .sequential
    ) throws(LogError) -> [LogName: Result<Log, LogError>] {
        try checkOpen()
        // Whoever cannot remove what was deleted can serve what was not.
        _ = try? removeDeletedLogs()
        let openings = try logNames().filter { openLogs[$0] == nil }.map {
            opening(of: LogFolderName($0), settings: settings($0))
        }
        var results = openLogs.mapValues { Result<Log, LogError>.success($0) }
        for (opening, outcome) in zip(openings, work.open(openings)) {
            results[opening.name] = adopt(outcome, of: opening)
        }
        return results
    }

    /// What opening a log would find and do, without doing it.
    /// - Throws: `.noSuchLog`; `.file`.
    public func previewRecovery(
        of name: LogName, settings: LogSettings = LogSettings()
    ) throws(LogError) -> RecoveryReport {
        try checkOpen()
        if let open = openLogs[name] { return open.recovery }
        return try opening(of: LogFolderName(name), settings: settings).preview()
    }

    /// What opens the log in `folder`.
    func opening(of folder: LogFolderName, settings: LogSettings) -> LogOpening {
        LogOpening(
            place: folder, directory: path, keeping: keeping.with(settings),
            wasClosedCleanly: wasClosedCleanly, integrity: integrity)
    }

    /// Takes note of what became of an opening.
    @discardableResult
    func adopt(_ result: Result<Log, LogError>, of opening: LogOpening) -> Result<Log, LogError> {
        switch result {
        case .success(let log):
            failed.remove(opening.folder)
            recovered.insert(log.path)
            // The ring may have bytes of it from before it was closed by itself.
            log.commitRing = ring
            if opening.place.standing == .live {
                openLogs[log.name] = log
            } else {
                openFutures[log.name] = log
            }
        case .failure(.noSuchLog), .failure(.setting): break
        case .failure: failed.insert(opening.folder)
        }
        return result
    }

    /// Takes note that a log is there and stays closed.
    func didLeaveClosed(_ name: LogName) { failed.insert("\(path)/\(name.folder)") }

    // MARK: Deleting

    /// Deletes a log, open or not. Its folder is renamed first, so that a crash leaves the log
    /// whole or gone, and its files are removed by `removeDeletedLogs` or by the next `openAll`.
    /// Readers keep what they hold.
    ///
    /// On return the log is gone, also after a power cut. When this throws it may be, or not.
    /// - Throws: `.noSuchLog`; `.file`; `.closed`.
    public func deleteLog(_ name: LogName) throws(LogError) {
        if let failure = try deleteLogs([name])[name] { throw failure }
    }

    /// Deletes logs as `deleteLog` does, all of which share one flush.
    ///
    /// - Returns: those that could not be deleted, and why.
    /// - Throws: `.file` when the names could not be made durable: the logs may be there, or not;
    ///   `.closed`.
    /// - Complexity: O(1) for each log, whatever else is in the directory.
    public func deleteLogs(_ names: [LogName]) throws(LogError) -> [LogName: LogError] {
        try checkOpen()
        var failures: [LogName: LogError] = [:]
        for name in names {
            do throws(LogError) {
                // The folder tells of the deletion, so the rows may go with the next `store`.
                try takeOut(name, as: .deleted(surroundings.randomness.uniqueID()))
            } catch {
                failures[name] = error
            }
        }
        if failures.count < names.count { try flushNames() }
        return failures
    }

    /// Puts a log aside as a stray, open or not: it is of a topic that is no more, or that is
    /// another one by now. Its bytes stay, nothing opens them again, and its name is free.
    ///
    /// - Returns: the name that its folder has from now on, also after a power cut.
    /// - Throws: as `deleteLog`; `.checkpoint`.
    @discardableResult
    public func setAside(_ name: LogName) throws(LogError) -> LogFolderName {
        try checkOpen()
        let folder = try takeOut(name, as: .stray(surroundings.randomness.uniqueID()))
        try flushNames()
        try checkpoints.store()
        return folder
    }

    @discardableResult
    private func takeOut(
        _ name: LogName, as standing: LogFolderName.Standing
    ) throws(LogError) -> LogFolderName {
        let folder = path + "/" + name.folder
        guard try status(of: folder) != nil else { throw .noSuchLog(path: folder) }
        let doomed = LogFolderName(name, standing)
        madeFolders.remove(name)
        try settleRing(before: standing, of: name)
        try rename(name.folder, to: doomed)
        openLogs.removeValue(forKey: name)?.abandon()
        integrity.forget(name.folder)
        checkpoints.forget(name)
        return doomed
    }

    /// Whether a log's folder is there, or nobody can tell.
    func mayHold(_ name: LogName) -> Bool {
        do throws(LogError) {
            return try status(of: path + "/" + name.folder) != nil
        } catch {
            return true
        }
    }

    /// Removes the files of logs that were deleted, by this program or by another one.
    ///
    /// - Returns: the folders that were removed.
    /// - Throws: `.file`, with what comes before the failure removed; `.checkpoint`; `.closed`.
    @discardableResult
    public func removeDeletedLogs() throws(LogError) -> [LogFolderName] {
        try checkOpen()
        let shape = try DirectoryShape(path, in: fileSystem)
        guard !shape.deleted.isEmpty else { return [] }
        // The folder is what tells of the deletion, so the rows go before it.
        checkpoints.forget(deletedIn: shape)
        try checkpoints.settleForgotten()
        for folder in shape.deleted {
            try wrapping { () throws(FileError) in
                try FolderRemoval.remove("\(path)/\(folder)", in: fileSystem)
            }
        }
        return shape.deleted
    }

    // MARK: Moving

    /// Opens a log that is being copied here from another data directory, and begins it when there
    /// is none. It has a folder of its own kind, so that nobody takes it for the log itself, until
    /// `promoteFuture`.
    ///
    /// - Throws: `.file` with `.exists` when the log itself is in this directory; otherwise as
    ///   `openLog`.
    public func openFuture(
        _ name: LogName, settings: LogSettings = LogSettings(),
        _ creation: Creation = .createIfMissing
    ) throws(LogError) -> Log {
        try checkOpen()
        if let open = openFutures[name] { return open }
        let shape = try DirectoryShape(path, in: fileSystem)
        try refuse(ifLive: name, shape)
        let known = shape.futures.first { $0.log == name }
        let folder = known ?? LogFolderName(name, .future(surroundings.randomness.uniqueID()))
        let opening = opening(of: folder, settings: settings)
        return try adopt(opening.outcome(creation), of: opening).get()
    }

    /// Makes a log that was copied here the log itself: it is closed, and its folder gets the name.
    ///
    /// On return the name survives a power cut, and `openLog` opens it. Whoever copied it deletes
    /// the log in the directory that it came from, before or after: a crash in between leaves none
    /// or two, of which an opening of both directories tells.
    /// - Throws: `.noSuchLog` when no such log is being copied; `.file` with `.exists` when the
    ///   log itself is in this directory already.
    public func promoteFuture(_ name: LogName) throws(LogError) {
        try checkOpen()
        let shape = try DirectoryShape(path, in: fileSystem)
        try refuse(ifLive: name, shape)
        guard let future = shape.futures.first(where: { $0.log == name }) else {
            throw .noSuchLog(path: "\(path)/\(name).*-future")
        }
        if let open = openFutures[name] {
            try open.flushInPlace()
            try open.close()
            openFutures[name] = nil
        }
        try settleRing(beforeOpening: name)
        integrity.forget("\(future)")
        try rename("\(future)", to: LogFolderName(name))
        if recovered.remove("\(path)/\(future)") != nil {
            recovered.insert("\(path)/\(name.folder)")
        }
        try flushNames()
    }

    private func refuse(ifLive name: LogName, _ shape: DirectoryShape) throws(LogError) {
        guard shape.logs.contains(name) else { return }
        throw .file(FileError(.rename, path + "/" + name.folder, .exists))
    }

    // MARK: Names

    private func status(of path: String) throws(LogError) -> FileStatus? {
        try wrapping { () throws(FileError) in try fileSystem.status(at: path) }
    }

    private func rename(_ folder: String, to new: LogFolderName) throws(LogError) {
        try wrapping { () throws(FileError) in
            try fileSystem.rename(path + "/" + folder, to: "\(path)/\(new)")
        }
    }

    private func flushNames() throws(LogError) {
        try wrapping { () throws(FileError) in try fileSystem.flushDirectory(path) }
    }
}
