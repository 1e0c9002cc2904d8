internal import VarveSystem
public import VarveTerms

/// Repairs the logs of a data directory from other copies of it, whoever wrote them.
///
///     let repair = try Repair("/var/lib/varve", from: ["/backup/varve"], in: surroundings)
///     for name in try repair.logNames() { print(try repair.run(name, .write)) }
///
/// Each log is read whole. What is damaged, or missing, is taken batch by batch from whichever
/// donor has it sound; two donors that are damaged at different places make up for each other. A
/// batch is taken only where its checksum holds, its offsets fit between the sound batches on both
/// sides, its leader epoch does, all donors that have it agree, and the topic id or the batches
/// around the damage show that the donor is a copy of this log. What no donor has stays fenced, and
/// is named.
///
/// While this object lives nobody else can open the directory. Donors are only read.
/// *Threads*: not `Sendable`.
public final class Repair {
    private let path: String
    private let donors: [String]
    private let surroundings: Surroundings
    private let shape: DirectoryShape
    private let lock: DirectoryLock
    private let checkpoints: DirectoryCheckpoints
    private let wasClosedCleanly: Bool

    /// Whether a repair writes.
    public enum Mode: Hashable, Sendable {
        /// Says what could be repaired; nothing is written.
        case dryRun
        case write
    }

    /// - Throws: `.notADataDirectory`, for a donor as well; `.locked`; `.file`, `.checkpoint`.
    public init(
        _ path: String, from donors: [String], in surroundings: Surroundings
    ) throws(LogError) {
        let fileSystem = surroundings.fileSystem
        for donor in donors {
            guard donor != path else {
                throw .notADataDirectory(path: donor, reason: "it is the one to be repaired")
            }
            try DirectoryShape(donor, in: fileSystem).check(.mustExist)
        }
        shape = try DirectoryShape(path, in: fileSystem)
        try shape.check(.mustExist)
        lock = try DirectoryLock(
            path, processID: surroundings.processID, in: surroundings.fileSystem)
        do {
            checkpoints = try DirectoryCheckpoints(path: path, in: fileSystem)
        } catch {
            throw .checkpoint(error)
        }
        wasClosedCleanly = try wrapping { () throws(FileError) in
            try fileSystem.status(at: path + "/" + CleanShutdownMarker.fileName) != nil
        }
        self.path = path
        self.donors = donors
        self.surroundings = surroundings
    }

    private var fileSystem: any FileSystem { surroundings.fileSystem }

    /// The logs of the directory, in order of name, or the one that is asked for.
    /// - Throws: `.noSuchLog` when that one is missing.
    public func logNames(only name: LogName? = nil) throws(LogError) -> [LogName] {
        guard let name else { return shape.logs }
        guard shape.logs.contains(name) else {
            throw .noSuchLog(path: path + "/" + name.folder)
        }
        return [name]
    }

    /// How large the log's segments are together.
    public func size(of name: LogName) throws(LogError) -> ByteCount {
        ByteCount(try FolderListing(path + "/" + name.folder, in: fileSystem).size)
    }

    /// Repairs one log.
    ///
    /// On return what came back survives a power cut, and the fences around it are lifted; a crash
    /// before that leaves each segment as it was or repaired.
    /// - Parameter goesOn: is told how many bytes were read with each step, and answers whether to
    ///   go on; it is not asked any more once writing begins.
    /// - Throws: `.file`; `.corrupt` when a donor changed while it was read. Segments that were
    ///   done stay repaired then.
    /// - Complexity: reads the log once, the donors' segments that have what is missing once, and
    ///   writes each damaged segment anew.
    public func run(
        _ name: LogName, _ mode: Mode, goesOn: (ByteCount) -> Bool = { _ in true }
    ) throws(LogError) -> RepairReport {
        let copy = try LogCopy(name, in: path, fileSystem)
        var report = RepairReport(path: copy.folder)
        let quarantine = Quarantine.load(in: copy.folder, fileSystem)
        let compactedTo = checkpoints.rewritten(of: name) ?? .zero
        var search = WoundSearch(
            copy, knownFlushed: try knownFlushed(name, copy.folder), compactedTo: compactedTo,
            quarantine: quarantine)
        try search.run { goesOn(ByteCount($0)) }
        report.isStopped = search.isStopped
        guard !search.isStopped, !search.wounds.isEmpty else {
            if !search.isStopped, mode == .write { try store([], over: quarantine, copy) }
            return report
        }
        let donors = try useful(for: copy, name, search.wounds, &report, goesOn)
        if report.isStopped { return report }
        var plan = RepairPlan(copy, search.wounds)
        try plan.decide(from: donors, compactedTo: compactedTo)
        if mode == .write {
            for assembly in plan.assemblies(in: fileSystem) { try assembly.perform() }
            try store(plan.leftFences(now: surroundings.clock.wallClock()), over: quarantine, copy)
        }
        report.places = plan.places
        return report
    }

    /// Below this offset everything was on disk once.
    private func knownFlushed(_ name: LogName, _ folder: String) throws(LogError) -> Offset {
        let checkpointed = checkpoints.recoveryPoint(of: name) ?? .zero
        guard !wasClosedCleanly else { return checkpointed }
        let published = try wrapping { () throws(FileError) in
            try EndsFile.load(folder: folder, in: fileSystem)
        }
        return max(checkpointed, published?.ends.flushed ?? .zero)
    }

    /// The donors that have the log, with what they have near the wounds.
    private func useful(
        for copy: LogCopy, _ name: LogName, _ wounds: [Wound], _ report: inout RepairReport,
        _ goesOn: (ByteCount) -> Bool
    ) throws(LogError) -> [Donor] {
        var useful: [Donor] = []
        for directory in donors {
            do throws(LogError) {
                let other = try LogCopy(name, in: directory, fileSystem)
                if let mine = copy.topicID, let its = other.topicID, mine != its {
                    report.refusedDonors.append(
                        "\(other.folder) is of topic \(its), not of \(mine)")
                    continue
                }
                var donor = Donor(other, for: copy)
                guard try donor.look(for: wounds, { goesOn(ByteCount($0)) }) else {
                    report.isStopped = true
                    return []
                }
                useful.append(donor)
            } catch {
                // A donor on a bad disk is one donor less.
                report.refusedDonors.append("\(error)")
            }
        }
        return useful
    }

    /// Makes the quarantine say what is damaged now. What it knew keeps the time when it was found.
    private func store(
        _ fences: [FencedRange], over old: Quarantine, _ copy: LogCopy
    ) throws(LogError) {
        var next = Quarantine()
        for fence in fences {
            let known = old.ranges.first { $0.overlaps(fence) }
            var fence = fence
            fence.found = known?.found ?? fence.found
            next.insert(fence)
        }
        if next != old { try next.storeOrRemove(in: copy.folder, fileSystem) }
    }
}
