internal import VarveSystem
public import VarveTerms

/// The data directories of one node, often one on each disk: which log lives where, and what to do
/// about a disk that is gone. Each has its own lock, `meta.properties` and checkpoints.
///
///     let node = try NodeDirectories(["/disk1/varve", "/disk2/varve"], in: surroundings)
///     for failure in node.failures { print("\(failure.path) is out of use: \(failure.error)") }
///     let logs = try node.openAll(by: .threads(4))
///
/// *Invariants*: all directories are of one node of one cluster, and no two have the same id.
/// *Threads*: not `Sendable`, as `DataDirectory`.
public final class NodeDirectories {
    /// Directories that could be opened, in the order in which they were named.
    public let directories: [DataDirectory]
    /// Directories that could not be, and why. The logs in them are not known.
    public let failures: [Failure]
    /// Where each log was found or made.
    private var places: [LogName: [DataDirectory]] = [:]
    /// How many logs were found or made in each directory.
    private var counts: [ObjectIdentifier: Int] = [:]

    /// A directory that cannot be used.
    public struct Failure: Hashable, Sendable {
        public var path: String
        public var error: LogError
    }

    /// Opens the directories and takes their locks. No log is opened yet.
    ///
    /// A directory whose disk fails is left out, and named in `failures`; so is one that must exist
    /// and does not, as where its disk is not mounted. New directories become
    /// those of the node that the others belong to.
    /// - Parameter owner: whose they become where there are no others; nil for an owner with random
    ///   ids.
    /// - Throws: `.setting` when none is named, or one twice; `.locked` when another program has
    ///   one; `.notADataDirectory` when one belongs to another node or cluster, is a copy of
    ///   another, or is no data directory. All are as they were then. `.file` and the like when
    ///   every one fails.
    public init(
        _ paths: [String], _ creation: DataDirectory.Creation = .createIfMissing,
        owner: MetaProperties.Owner? = nil, in surroundings: Surroundings
    ) throws(LogError) {
        guard !paths.isEmpty, Set(paths).count == paths.count else {
            throw .setting(
                name: "log.dirs", value: paths.joined(separator: ","),
                allowed: "one path or more, each of them once")
        }
        var found = DirectoryOwners()
        var failures: [Failure] = []
        for path in paths {
            do throws(LogError) {
                try found.look(at: path, in: surroundings.fileSystem)
            } catch {
                guard error.isOfOneDisk else { throw error }
                failures.append(Failure(path: path, error: error))
            }
        }
        try found.check()
        var opened: [DataDirectory] = []
        for path in paths where !failures.contains(where: { $0.path == path }) {
            do throws(LogError) {
                let directory = try DataDirectory(
                    path, creation, owner: found.owner ?? opened.first?.properties.owner ?? owner,
                    in: surroundings)
                opened.append(directory)
            } catch {
                guard error.isOfOneDisk || creation == .mustExist && error.isNoDirectory else {
                    // What was closed in order is so again.
                    for directory in opened { try? directory.close() }
                    throw error
                }
                failures.append(Failure(path: path, error: error))
            }
        }
        if opened.isEmpty, let first = failures.first { throw first.error }
        directories = opened
        self.failures = failures
        for directory in opened {
            let found = directory.takeFoundLogs()
            for name in found { places[name, default: []].append(directory) }
            counts[ObjectIdentifier(directory)] = found.count
        }
    }

    // MARK: Places

    /// Every log that is in some directory, in order of name.
    public var logNames: [LogName] { places.keys.sorted() }

    /// Logs that are in more than one directory, with the paths of their folders: an operator
    /// copied one, or a move was cut short. None of the copies is opened.
    public var ambiguous: [LogName: [String]] {
        places.filter { $0.value.count > 1 }.mapValues { $0.map(\.path) }
    }

    /// The directory that holds a log; nil when none of those that could be opened does.
    /// - Throws: `.logInTwoPlaces`.
    public func directory(of name: LogName) throws(LogError) -> DataDirectory? {
        guard let found = places[name] else { return nil }
        guard found.count == 1 else { throw Self.ambiguous(name, found) }
        return found[0]
    }

    private static func ambiguous(_ name: LogName, _ found: [DataDirectory]) -> LogError {
        .logInTwoPlaces(paths: found.map { $0.path + "/" + name.folder })
    }

    // MARK: Logs

    /// Opens a log where it is, or makes it in the directory that has the fewest.
    ///
    /// - Throws: `.logInTwoPlaces`; the failure of a directory, when the log is in none of the
    ///   others: it may be in that one, and a second one would begin at offset 0; otherwise as
    ///   `DataDirectory.openLog`.
    public func openLog(
        _ name: LogName, settings: LogSettings = LogSettings(), topicID: UniqueID? = nil,
        _ creation: DataDirectory.Creation = .createIfMissing
    ) throws(LogError) -> Log {
        if let directory = try directory(of: name) {
            return try directory.openLog(name, settings: settings, .mustExist)
        }
        if let failure = failures.first { throw failure.error }
        guard let directory = emptiest, creation == .createIfMissing else {
            throw .noSuchLog(path: (directories.first?.path ?? "") + "/" + name.folder)
        }
        let log = try directory.openLog(name, settings: settings, topicID: topicID)
        places[name] = [directory]
        counts[ObjectIdentifier(directory), default: 0] += 1
        return log
    }

    /// Makes the folders of logs that are about to be made, where it is clear which directory gets
    /// them; see `DataDirectory.makeFolders`.
    public func makeFolders(of names: [LogName]) throws(LogError) {
        guard directories.count == 1, failures.isEmpty, let only = directories.first else { return }
        try only.makeFolders(of: names.filter { places[$0] == nil })
    }

    private var emptiest: DataDirectory? {
        directories.min {
            counts[ObjectIdentifier($0), default: 0] < counts[ObjectIdentifier($1), default: 0]
        }
    }

    /// Opens every log of every directory; see `DataDirectory.openAll`.
    /// - Returns: each log, or why it stays closed: `.logInTwoPlaces` among the reasons.
    @discardableResult
    public func openAll(
        settings: (LogName) -> LogSettings = { _ in LogSettings() },
        by work: ParallelWork = .sequential
    ) throws(LogError) -> [LogName: Result<Log, LogError>] {
        var results: [LogName: Result<Log, LogError>] = [:]
        var openings: [(directory: DataDirectory, opening: LogOpening)] = []
        for (name, found) in places {
            guard found.count == 1 else {
                results[name] = .failure(Self.ambiguous(name, found))
                for directory in found { directory.didLeaveClosed(name) }
                continue
            }
            if let open = found[0].openLogs[name] {
                results[name] = .success(open)
            } else {
                let place = LogFolderName(name)
                openings.append((found[0], found[0].opening(of: place, settings: settings(name))))
            }
        }
        for directory in directories { _ = try? directory.removeDeletedLogs() }
        openings.sort { $0.opening.folder < $1.opening.folder }
        for (each, outcome) in zip(openings, work.open(openings.map(\.opening))) {
            results[each.opening.name] = each.directory.adopt(outcome, of: each.opening)
        }
        return results
    }

    /// Deletes a log; see `DataDirectory.deleteLog`.
    public func deleteLog(_ name: LogName) throws(LogError) {
        try takeOut(name) { directory throws(LogError) in try directory.deleteLog(name) }
    }

    /// Deletes logs, all those of a directory with one flush; see `DataDirectory.deleteLogs`.
    /// - Returns: those that could not be deleted, and why.
    public func deleteLogs(_ names: [LogName]) -> [LogName: LogError] {
        var failures: [LogName: LogError] = [:]
        var doomed: [ObjectIdentifier: [LogName]] = [:]
        for name in names {
            do throws(LogError) {
                doomed[ObjectIdentifier(try holder(of: name)), default: []].append(name)
            } catch {
                failures[name] = error
            }
        }
        for directory in directories {
            guard let names = doomed[ObjectIdentifier(directory)] else { continue }
            var failed: [LogName: LogError] = [:]
            do throws(LogError) {
                failed = try directory.deleteLogs(names)
            } catch {
                for name in names { failed[name] = error }
            }
            for name in names where failed[name] == nil || !directory.mayHold(name) {
                forget(name, in: directory)
            }
            failures.merge(failed) { $1 }
        }
        return failures
    }

    /// Puts a log aside as a stray; see `DataDirectory.setAside`.
    @discardableResult
    public func setAside(_ name: LogName) throws(LogError) -> LogFolderName {
        try takeOut(name) { directory throws(LogError) in try directory.setAside(name) }
    }

    /// Takes a log out of its directory. Where that fails the log may be out all the same, and then
    /// its name is free.
    private func takeOut<Answer>(
        _ name: LogName, _ body: (DataDirectory) throws(LogError) -> Answer
    ) throws(LogError) -> Answer {
        let directory = try holder(of: name)
        do throws(LogError) {
            let answer = try body(directory)
            forget(name, in: directory)
            return answer
        } catch {
            if !directory.mayHold(name) { forget(name, in: directory) }
            throw error
        }
    }

    private func forget(_ name: LogName, in directory: DataDirectory) {
        // A name may be told twice in one deletion.
        guard places.removeValue(forKey: name) != nil else { return }
        counts[ObjectIdentifier(directory), default: 0] -= 1
    }

    private func holder(of name: LogName) throws(LogError) -> DataDirectory {
        guard let directory = try directory(of: name) else {
            throw .noSuchLog(path: (directories.first?.path ?? "") + "/" + name.folder)
        }
        return directory
    }

    // MARK: Flushing, checkpoints and closing

    /// Lets those logs share a flush that gain by it, each with others of its directory. What this
    /// made durable costs nothing more when the log is flushed, as each of them is to be then.
    public func shareFlush(of logs: [Log]) {
        for directory in directories { directory.shareFlush(of: logs) }
    }

    /// Writes the checkpoints of every directory.
    /// - Throws: the first failure; the other directories are done all the same.
    public func checkpoint() throws(LogError) {
        try forEach { directory throws(LogError) in try directory.checkpoint() }
    }

    /// Closes every directory; see `DataDirectory.close`.
    /// - Throws: the first failure; the other directories are closed all the same.
    public func close() throws(LogError) {
        try forEach { directory throws(LogError) in try directory.close() }
    }

    private func forEach(
        _ body: (DataDirectory) throws(LogError) -> Void
    ) throws(LogError) {
        var first: LogError?
        for directory in directories {
            do throws(LogError) {
                try body(directory)
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
    }
}

/// Whose the directories of one node are, as their `meta.properties` say.
private struct DirectoryOwners {
    private var found: [(path: String, properties: MetaProperties)] = []

    /// Whose they all are; nil when none says so yet.
    var owner: MetaProperties.Owner? { found.first?.properties.owner }

    mutating func look(at path: String, in fileSystem: any FileSystem) throws(LogError) {
        do throws(CheckpointError) {
            let file = path + "/" + MetaProperties.fileName
            guard let properties = try MetaProperties.load(file, in: fileSystem) else { return }
            found.append((path, properties))
        } catch {
            throw .checkpoint(error)
        }
    }

    /// - Throws: `.notADataDirectory` for the first that does not belong to the others.
    func check() throws(LogError) {
        guard let first = found.first else { return }
        for (slot, (path, properties)) in found.enumerated().dropFirst() {
            guard properties.owner == first.properties.owner else {
                throw .notADataDirectory(
                    path: path,
                    reason: "it belongs to \(Self.text(of: properties)), but \(first.path) to "
                        + Self.text(of: first.properties))
            }
            guard let id = properties.directoryID else { continue }
            for other in found[..<slot] where other.properties.directoryID == id {
                throw .notADataDirectory(
                    path: path,
                    reason: "it has the directory.id of \(other.path), \(id): one is a copy")
            }
        }
    }

    private static func text(of properties: MetaProperties) -> String {
        "node \(properties.nodeID.map { "\($0)" } ?? "without an id") of cluster "
            + (properties.clusterID ?? "without an id")
    }
}

extension LogError {
    /// Whether it may be the fault of one disk, which the others do not share.
    fileprivate var isOfOneDisk: Bool {
        switch self {
        case .file: true
        case .checkpoint(let error): if case .file = error { true } else { false }
        default: false
        }
    }

    fileprivate var isNoDirectory: Bool {
        if case .notADataDirectory = self { true } else { false }
    }
}
