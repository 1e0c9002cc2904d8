public import VarveSystem
internal import VarveTerms

/// Goes through logs without changing anything: every batch and every record, the indexes against
/// them, names, checkpoints, snapshots. It goes on after damage, needs no lock, works on read-only
/// directories, and on what Apache Kafka wrote. What an owner does meanwhile may show as a torn
/// tail.
///
///     let totals = try Verification.directory(path, in: fileSystem) { finding in … }
public enum Verification {
    /// Verifies a data directory: all logs in it, or one.
    ///
    /// - Parameters:
    ///   - report: is told each finding, in the order of the files.
    ///   - progress: is told after each batch.
    ///   - mustStop: is asked before each batch; the totals tell how far it came.
    ///   - didFinish: is told what each log has, after its findings.
    /// - Throws: `.notADataDirectory`, `.noSuchLog`, `.file` for what cannot be read at all.
    /// - Complexity: reads everything once.
    public static func directory(
        _ path: String, only log: LogName? = nil, in fileSystem: any FileSystem,
        progress: @escaping (VerificationProgress) -> Void = { _ in },
        stopping mustStop: @escaping () -> Bool = { false },
        didFinish: (LogName, VerificationTotals) -> Void = { _, _ in },
        report: @escaping (Finding) -> Void
    ) throws(LogError) -> VerificationTotals {
        let shape = try DirectoryShape(path, in: fileSystem)
        try shape.check(.mustExist)
        if let log, !shape.logs.contains(log) {
            throw .noSuchLog(path: path + "/" + log.folder)
        }
        var scope = VerificationScope(
            fileSystem: fileSystem, report: report, progress: progress,
            mustStop: mustStop)
        let names = log.map { [$0] } ?? shape.logs
        var size = 0
        for name in names {
            size += try FolderListing(path + "/" + name.folder, in: fileSystem).size
        }
        scope.expectedSize = ByteCount(size)
        _ = try DirectoryFacts.content(
            MetaProperties.self, path + "/" + MetaProperties.fileName, &scope)
        let facts = try DirectoryFacts(path, &scope)
        let integrity = try DirectoryIntegrity(path, in: fileSystem)
        if let ring = try CommitRingContents(of: path, in: fileSystem) { scope.find(in: ring) }
        for name in names {
            let verification = LogVerification(
                folder: path + "/" + name.folder, name: name, facts: facts, integrity: integrity)
            let before = scope.totals
            try verification.run(&scope)
            if scope.totals.isStopped { break }
            didFinish(name, scope.totals.since(before))
        }
        for finding in integrity.findings { scope.findUnlessNamed(finding) }
        return scope.totals
    }

    /// Verifies one log's folder, with what the data directory around it says.
    /// - Throws: `.noSuchLog`, `.file`.
    public static func log(
        at folder: String, in fileSystem: any FileSystem,
        progress: @escaping (VerificationProgress) -> Void = { _ in },
        stopping mustStop: @escaping () -> Bool = { false },
        report: @escaping (Finding) -> Void
    ) throws(LogError) -> VerificationTotals {
        var scope = VerificationScope(
            fileSystem: fileSystem, report: report, progress: progress,
            mustStop: mustStop)
        scope.expectedSize = ByteCount(try FolderListing(folder, in: fileSystem).size)
        let last = folder.split(separator: "/").last.map { String($0) } ?? folder
        let verification = LogVerification(
            folder: folder, name: LogName(folder: last),
            facts: try DirectoryFacts(WholeFile.parent(of: folder), &scope),
            integrity: try DirectoryIntegrity(WholeFile.parent(of: folder), in: fileSystem))
        try verification.run(&scope)
        return scope.totals
    }

    /// Verifies one `.log` file, and the indexes beside it where there are any.
    /// - Throws: `.file`.
    public static func segment(
        at path: String, in fileSystem: any FileSystem,
        progress: @escaping (VerificationProgress) -> Void = { _ in },
        stopping mustStop: @escaping () -> Bool = { false },
        report: @escaping (Finding) -> Void
    ) throws(LogError) -> VerificationTotals {
        var scope = VerificationScope(
            fileSystem: fileSystem, report: report, progress: progress,
            mustStop: mustStop)
        let file = try BatchFile(path, in: fileSystem)
        scope.expectedSize = file.size
        scope.didEnterSegment()
        let paths = SegmentPaths(
            folder: WholeFile.parent(of: path), baseOffset: file.baseOffset, logPath: path)
        let indexes = try SegmentIndexes(paths, in: fileSystem)
        // A file by itself may be a copy without its indexes; nothing is missing then.
        var segment = SegmentVerification(
            SegmentVerification.Setting(
                path: path, expected: nil, epoch: nil, compactedTo: nil, knownFlushed: .zero,
                isSealed: false, history: nil),
            offsets: indexes.offsetCheck, times: indexes.timeCheck)
        var producers = ProducerVerification()
        try segment.run(&scope, &producers)
        guard !scope.isStopped() else { return scope.totals }
        segment.finish(indexes, &scope)
        return scope.totals
    }
}
