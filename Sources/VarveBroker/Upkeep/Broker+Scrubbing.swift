internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// How far the broker's scrub is.
struct ScrubStanding {
    /// The log that is being gone through.
    var current: (key: PartitionKey, name: LogName, scrub: Scrub)?
    /// Where an earlier scrub was left, by directory.
    var marks: [String: ScrubMark] = [:]
    /// The directories in whose file a place is stored, or may be.
    var savedPaths: Set<String> = []
    /// Whether the marks of earlier scrubs were read.
    var isResumed = false
    /// Bytes since the mark was last stored.
    var unsavedSize = 0
    /// Damage in the current log, and what it is at first.
    var found = 0
    var first: CorruptRange?
}

// The scrub: every flushed byte is read once in a while.
extension Broker {
    /// What a step reads: a fraction of a millisecond from the page cache.
    private static var scrubStep: ByteCount { .kib(128) }
    /// So many bytes are read again at most after a crash.
    private static var scrubSavingInterval: Int { 256 << 20 }

    /// The logs with something to read, directory by directory and in the order of their names, as
    /// the mark in a directory tells of the logs before it that they are done.
    func surveyForScrub() -> [PartitionKey] {
        if !upkeep.scrub.isResumed { readScrubMarks() }
        var logs: [(directory: String, name: LogName, key: PartitionKey)] = []
        let metadataKey = PartitionKey(topicID: MetadataLog.topicID, index: 0)
        for (log, key) in partitions.all.map({ ($0.log, $0.key) }) + [(metadata.log, metadataKey)]
        where log.size > .zero {
            let directory = directory(of: log)
            if let mark = upkeep.scrub.marks[directory], log.name < mark.log { continue }
            logs.append((directory, log.name, key))
        }
        logs += restingLogs.filter { directory, name, _ in
            upkeep.scrub.marks[directory].map { name >= $0.log } ?? true
        }
        logs.sort { ($0.directory, $0.name) < ($1.directory, $1.name) }
        return logs.map(\.key)
    }

    private func readScrubMarks() {
        upkeep.scrub.isResumed = true
        for directory in node.directories {
            let path = directory.path + "/" + ScrubMark.fileName
            // A mark that cannot be understood only means that everything is read.
            guard let mark = try? ScrubMark.load(path, in: surroundings.fileSystem) else {
                continue
            }
            upkeep.scrub.marks[directory.path] = mark
            upkeep.scrub.savedPaths.insert(directory.path)
        }
    }

    private func directory(of log: Log) -> String {
        log.path.lastIndex(of: "/").map { String(log.path[..<$0]) } ?? log.path
    }

    private func log(of key: PartitionKey) -> Log? {
        key.topicID == MetadataLog.topicID
            ? metadata.log : partition(key, for: .scrub)?.log
    }

    /// Goes on through a log.
    func scrub(_ key: PartitionKey) -> (progress: UpkeepPlan.Progress, moved: ByteCount) {
        guard let log = log(of: key) else {
            upkeep.scrub.current = nil
            return (.done, .zero)
        }
        var scrub: Scrub
        if let current = upkeep.scrub.current, current.key == key {
            scrub = current.scrub
        } else {
            scrub = Scrub(of: log.reader, from: takeMark(of: log))
            upkeep.report[.scrub].logCount += 1
            (upkeep.scrub.found, upkeep.scrub.first) = (0, nil)
        }
        do throws(LogError) {
            let step = try scrub.step(budget: Self.scrubStep)
            note(step, in: log, key)
            guard !step.isDone else {
                upkeep.scrub.current = nil
                return (.done, step.size)
            }
            upkeep.scrub.current = (key, log.name, scrub)
            saveScrubNowAndThen()
            return (.more, step.size)
        } catch {
            upkeep.scrub.current = nil
            upkeep.note(.scrub, failedOn: "\(log.name)", error)
            return (.done, .zero)
        }
    }

    private func takeMark(of log: Log) -> Scrub.Mark? {
        let directory = directory(of: log)
        guard let mark = upkeep.scrub.marks.removeValue(forKey: directory) else { return nil }
        return mark.log == log.name ? mark.mark : nil
    }

    private func note(_ step: Scrub.Progress, in log: Log, _ key: PartitionKey) {
        upkeep.report.sizeScrubbed = upkeep.report.sizeScrubbed + step.size
        upkeep.report.damageFound += step.found.count
        upkeep.scrub.unsavedSize += step.size.bytes
        upkeep.scrub.found += step.found.count
        upkeep.scrub.first = upkeep.scrub.first ?? step.found.first
        guard step.isDone, let first = upkeep.scrub.first else { return }
        let others = upkeep.scrub.found > 1 ? ", and \(upkeep.scrub.found - 1) more places" : ""
        upkeep.diagnostics.note("\(first)\(others); 'varve repair' mends it from a copy")
        // The next checkpoint stores what is known of it.
        if let partition = partitions[key.topicID, key.index] { noteUpkeep(of: partition) }
    }

    // MARK: The mark

    private func saveScrubNowAndThen() {
        guard upkeep.scrub.unsavedSize >= Self.scrubSavingInterval else { return }
        saveScrub()
    }

    /// Stores where the scrub is; the next start goes on from there.
    func saveScrub() {
        upkeep.scrub.unsavedSize = 0
        guard let current = upkeep.scrub.current, let log = log(of: current.key) else { return }
        let directory = directory(of: log)
        do throws(CheckpointError) {
            try ScrubMark(current.name, current.scrub.mark)
                .store(
                    at: directory + "/" + ScrubMark.fileName, in: surroundings.fileSystem)
            upkeep.scrub.savedPaths.insert(directory)
        } catch {
            upkeep.note(.scrub, failedOn: directory, error)
        }
    }

    /// All is read: the next scrub begins at the start.
    func endScrub() {
        upkeep.scrub.marks = [:]
        for directory in upkeep.scrub.savedPaths.sorted() {
            do throws(FileError) {
                try WholeFile.remove(
                    directory + "/" + ScrubMark.fileName, in: surroundings.fileSystem)
                upkeep.scrub.savedPaths.remove(directory)
            } catch {
                upkeep.note(.scrub, failedOn: directory, error)
            }
        }
    }
}
