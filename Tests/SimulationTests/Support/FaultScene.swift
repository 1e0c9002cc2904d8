import Testing
import VarveBytes
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

/// What a stubborn program does: each step is tried whatever became of the one before.
struct FaultWorkload: Sendable, CustomTestStringConvertible {
    enum Step: Sendable {
        case append(count: Int, padding: Int, epoch: Int32)
        case roll, flush, checkpoint, retain
        case delete(before: Int)
        case truncate(to: Int)
        /// Closes the directory and opens it again, in the same process.
        case reopen
        /// The process dies and another one opens the directory.
        case die
    }

    var name: String
    var settings: LogSettings
    var steps: [Step]

    var testDescription: String { name }

    static let all = [appending, cutting, pageCache]

    static let appending = FaultWorkload(
        name: "appending", settings: Workload.settings(),
        steps: [
            .append(count: 2, padding: 120, epoch: 0), .append(count: 2, padding: 120, epoch: 1),
            .append(count: 2, padding: 120, epoch: 1), .append(count: 1, padding: 500, epoch: 1),
            .append(count: 1, padding: 0, epoch: 2), .roll, .append(count: 1, padding: 0, epoch: 2),
            .checkpoint, .append(count: 2, padding: 0, epoch: 2), .reopen,
            .append(count: 1, padding: 0, epoch: 3), .die, .append(count: 1, padding: 0, epoch: 3),
            .append(count: 1, padding: 0, epoch: 3), .reopen,
        ])

    static let cutting = FaultWorkload(
        name: "cutting",
        settings: Workload.settings { $0.retentionSize = .kib(2) },
        steps: [
            .append(count: 2, padding: 250, epoch: 0), .append(count: 2, padding: 250, epoch: 0),
            .append(count: 2, padding: 250, epoch: 0), .append(count: 2, padding: 250, epoch: 1),
            .delete(before: 3), .append(count: 1, padding: 0, epoch: 1), .truncate(to: 7),
            .append(count: 1, padding: 0, epoch: 1), .append(count: 1, padding: 600, epoch: 1),
            .retain, .append(count: 1, padding: 600, epoch: 1), .truncate(to: 6),
            .append(count: 1, padding: 0, epoch: 2), .reopen,
        ])

    static let pageCache = FaultWorkload(
        name: "page cache", settings: Workload.settings(.pageCache),
        steps: [
            .append(count: 2, padding: 250, epoch: 0), .append(count: 2, padding: 250, epoch: 0),
            .append(count: 1, padding: 0, epoch: 0), .flush,
            .append(count: 2, padding: 250, epoch: 0), .append(count: 2, padding: 250, epoch: 0),
            .die, .append(count: 1, padding: 0, epoch: 0), .checkpoint,
            .append(count: 2, padding: 250, epoch: 0), .roll, .flush, .reopen,
            .append(count: 1, padding: 0, epoch: 0), .reopen,
        ])
}

/// Runs a `FaultWorkload` and keeps account of what it was told.
final class FaultScene {
    /// How the last process ends.
    enum End: CaseIterable { case processDeath, powerCut, evictedCaches }

    private(set) var disk: SimulatedDisk
    private(set) var expectation = Expectation()
    private(set) var refusals = 0
    private var hitsBefore = 0
    private let workload: FaultWorkload
    private var directory: DataDirectory?
    private var log: Log?
    private var serial = 0
    /// Set when a step broke a promise.
    private var wrong: String?
    /// Whether a flush failed since the log was opened: it takes no appends then.
    private var isPoisoned = false

    init(_ workload: FaultWorkload) {
        self.workload = workload
        disk = SimulatedDisk()
    }

    /// How many calls failed.
    var hitCount: Int { hitsBefore + disk.faultHitCount }

    /// - Returns: what went wrong on the way; nil when every failure was a typed one.
    func run() -> String? {
        for step in workload.steps where wrong == nil {
            do {
                try perform(step)
            } catch let error as LogError {
                refusals += 1
                note(error, of: step)
            } catch {
                return "\(step) threw \(error)"
            }
        }
        return wrong
    }

    private func perform(_ step: FaultWorkload.Step) throws {
        switch step {
        case .append(let count, let padding, let epoch):
            try append(count, padding: padding, epoch: epoch)
        case .roll: try opened().roll()
        case .flush:
            let log = try opened()
            try log.flush()
            acknowledge(log)
        case .checkpoint:
            _ = try opened()
            try directory?.checkpoint()
        case .retain:
            let log = try opened()
            expectation.apply(.beginDelete(before: Int(log.ends.flushed.rawValue)))
            try log.applyRetention(now: disk.clock.wallClock())
            expectation.apply(.endDelete(before: Int(log.ends.start.rawValue)))
        case .delete(let offset):
            let log = try opened()
            expectation.apply(.beginDelete(before: offset))
            try log.deleteRecords(before: Offset(Int64(offset)))
            expectation.apply(.endDelete(before: Int(log.ends.start.rawValue)))
        case .truncate(let offset): try truncate(to: offset)
        case .reopen:
            let closing = directory
            let log = log
            forget()
            try closing?.close()
            if let log { acknowledge(log) }
        case .die:
            hitsBefore += disk.faultHitCount
            forget()
            disk = disk.processDeath()
        }
    }

    private func forget() {
        directory = nil
        log = nil
        isPoisoned = false
    }

    /// The log, opened anew where it is not open.
    private func opened() throws -> Log {
        if let log { return log }
        let boot = Scene.boot
        let opened =
            try directory
            ?? DataDirectory(Scene.path, in: Scene.surroundings(disk, boot: boot))
        directory = opened
        let log = try opened.openLog(Scene.name(), settings: workload.settings)
        let found = Contents(of: log.reader)
        let (start, end) = (Int(log.ends.start.rawValue), Int(log.ends.written.rawValue))
        if let fault = found.fault(against: expectation, start: start, end: end) {
            // The fault may hit the reading as well; what is served must still be right.
            if found.stuck == nil { wrong = "opened again: \(fault), \(log.recovery)" }
        } else {
            expectation.settle(start: start, values: found.values)
        }
        self.log = log
        return log
    }

    private func append(_ count: Int, padding: Int, epoch: Int32) throws {
        let log = try opened()
        let values = (0..<count).map { _ in
            serial += 1
            return "\(epoch)/\(serial)" + String(repeating: ".", count: padding)
        }
        let batch = try Scene.batch(values)
        expectation.apply(.submit(at: Int(log.ends.written.rawValue), values))
        guard let epoch = LeaderEpoch(exactly: epoch) else { return }
        try log.append(batch.rawSpan, epoch: epoch)
        if isPoisoned { wrong = "appended to a poisoned log" }
        acknowledge(log)
    }

    private func truncate(to offset: Int) throws {
        let log = try opened()
        guard offset < log.ends.written.rawValue else { return }
        // A batch that holds the offset goes whole; none here has more than two records.
        expectation.apply(.beginTruncate(to: max(0, offset - 1)))
        let end = Int(try log.truncate(to: Offset(Int64(offset))).rawValue)
        expectation.apply(.endTruncate(to: end))
        acknowledge(log)
    }

    private func acknowledge(_ log: Log) {
        let ends = log.ends
        expectation.apply(
            .acknowledge(
                flushed: Int(ends.flushed.rawValue), written: Int(ends.written.rawValue)))
    }

    private func note(_ error: LogError, of step: FaultWorkload.Step) {
        switch step {
        case .delete, .retain: expectation.apply(.failDelete)
        default: break
        }
        guard case .poisoned = error else { return }
        isPoisoned = log != nil
        // What was only in the page cache when a flush failed is not promised any more.
        expectation.apply(.forget(above: expectation.flushedEnd))
    }

    /// Ends the last process, takes the faults away, and looks at what the next one finds.
    func fault(after end: End) -> String? {
        let (left, death): (SimulatedDisk, Judge.Death) =
            switch end {
            case .processDeath: (disk.processDeath(), .processDeath)
            case .powerCut: (disk.crash(keeping: .none), .powerCut)
            case .evictedCaches: (evicted(), .processDeath)
            }
        let judge = Judge(workload.settings, after: death)
        return judge.fault(
            of: left, expecting: [Scene.name(): expectation],
            then: end == .powerCut ? .cleanClose : .powerCut)
    }

    /// The process died, and the pages that it left went out of memory before the next one came.
    private func evicted() -> SimulatedDisk {
        let left = disk.processDeath()
        left.evictCaches()
        return left
    }
}
