import VarveBytes
package import VarveLog
package import VarveRecords
package import VarveSim
package import VarveSystem
import VarveTerms

/// What a stubborn program does: each step is tried whatever became of the one before.
package struct FaultWorkload: Sendable {
    package enum Step: Sendable {
        case append(count: Int, padding: Int, epoch: Int32, Compression = .none)
        /// Two appends of a record: one before a flush beside the owner begins, one while it runs.
        case appendBeside(padding: Int, epoch: Int32)
        case roll, flush, checkpoint, retain
        case delete(before: Int)
        case truncate(to: Int)
        /// Closes the directory and opens it again, in the same process.
        case reopen
        /// The process dies and another one opens the directory.
        case die
        /// Power is cut at most this many operations ago, and a part of what was not flushed
        /// survives.
        case cut(ago: Int, keeping: AtomSelection, tearing: Tear?)
        case fail(ordinal: Int, of: Set<FileError.Operation>?, SystemError, FaultMode)
        case clearFaults
    }

    package var name: String
    package var settings: LogSettings
    package var steps: [Step]
    /// How many logs take each append, and share its flush. All other steps but those that open and
    /// close are of the first log.
    package var logCount = 1

    package static let all = [
        appending, cutting, pageCache, interval, reserving, prewriting, dying, sharing,
        sharingAndCutting, sharingAhead, flushingBeside,
    ]

    package static let appending = FaultWorkload(
        name: "appending", settings: Workload.settings(),
        steps: [
            .append(count: 2, padding: 120, epoch: 0), .append(count: 2, padding: 120, epoch: 1),
            .append(count: 2, padding: 120, epoch: 1), .append(count: 1, padding: 500, epoch: 1),
            .append(count: 1, padding: 0, epoch: 2), .roll, .append(count: 1, padding: 0, epoch: 2),
            .checkpoint, .append(count: 2, padding: 0, epoch: 2), .reopen,
            .append(count: 1, padding: 0, epoch: 3), .die, .append(count: 1, padding: 0, epoch: 3),
            .append(count: 1, padding: 0, epoch: 3), .reopen,
        ])

    package static let cutting = FaultWorkload(
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

    package static let pageCache = FaultWorkload(
        name: "page cache", settings: Workload.settings(.pageCache),
        steps: [
            .append(count: 2, padding: 250, epoch: 0), .append(count: 2, padding: 250, epoch: 0),
            .append(count: 1, padding: 0, epoch: 0), .flush,
            .append(count: 2, padding: 250, epoch: 0), .append(count: 2, padding: 250, epoch: 0),
            .die, .append(count: 1, padding: 0, epoch: 0), .checkpoint,
            .append(count: 2, padding: 250, epoch: 0), .roll, .flush, .reopen,
            .append(count: 1, padding: 0, epoch: 0), .reopen,
        ])

    package static let interval = FaultWorkload(
        name: "interval", settings: Workload.settings(.interval(.zero)),
        steps: [
            .append(count: 2, padding: 250, epoch: 0), .append(count: 2, padding: 250, epoch: 1),
            .append(count: 1, padding: 0, epoch: 1), .roll, .append(count: 1, padding: 0, epoch: 1),
            .delete(before: 2), .append(count: 2, padding: 250, epoch: 1), .checkpoint, .reopen,
            .append(count: 1, padding: 0, epoch: 2),
        ])

    package static let reserving = FaultWorkload(
        name: "reserving", settings: Workload.settings { $0.segmentCreation = .reserving },
        steps: [
            .append(count: 2, padding: 250, epoch: 0), .append(count: 2, padding: 250, epoch: 0),
            .append(count: 1, padding: 0, epoch: 0), .truncate(to: 3),
            .append(count: 2, padding: 250, epoch: 1), .reopen,
            .append(count: 1, padding: 0, epoch: 1),
        ])

    package static let prewriting = FaultWorkload(
        name: "written ahead", settings: Workload.settings { $0.prewriting = ByteCount(300) },
        steps: [
            .append(count: 2, padding: 120, epoch: 0), .append(count: 1, padding: 50, epoch: 0),
            .append(count: 1, padding: 0, epoch: 0), .append(count: 2, padding: 150, epoch: 1),
            .truncate(to: 4), .append(count: 1, padding: 50, epoch: 1), .roll,
            .append(count: 1, padding: 200, epoch: 1), .append(count: 1, padding: 0, epoch: 1),
            .die, .append(count: 2, padding: 150, epoch: 1), .reopen,
            .append(count: 1, padding: 0, epoch: 2),
        ])

    package static let dying = FaultWorkload(
        name: "dying", settings: Workload.settings(),
        steps: [
            .append(count: 2, padding: 250, epoch: 0), .die,
            .append(count: 2, padding: 250, epoch: 0), .append(count: 1, padding: 0, epoch: 1),
            .cut(ago: 2, keeping: .all, tearing: .prefix(40)),
            .append(count: 1, padding: 0, epoch: 1), .roll, .die,
            .append(count: 1, padding: 0, epoch: 1),
        ])
}

extension FaultWorkload {
    /// Three logs share flushes, until the ring is full, and beyond.
    package static let sharing = FaultWorkload(
        name: "sharing", settings: Workload.settings(),
        steps: [
            .append(count: 1, padding: 20, epoch: 0), .append(count: 1, padding: 120, epoch: 0),
            .append(count: 2, padding: 20, epoch: 1), .append(count: 1, padding: 900, epoch: 1),
            .checkpoint, .append(count: 1, padding: 0, epoch: 1),
            .append(count: 1, padding: 0, epoch: 1), .die, .append(count: 1, padding: 0, epoch: 2),
            .append(count: 1, padding: 0, epoch: 2), .reopen,
            .append(count: 1, padding: 0, epoch: 2),
        ], logCount: 3)

    /// What the ring has of a log is cut off, and its segments go.
    package static let sharingAndCutting = FaultWorkload(
        name: "sharing and cutting", settings: Workload.settings { $0.retentionSize = .kib(2) },
        steps: [
            .append(count: 2, padding: 250, epoch: 0), .append(count: 2, padding: 250, epoch: 0),
            .truncate(to: 2), .append(count: 1, padding: 0, epoch: 1), .roll,
            .append(count: 1, padding: 600, epoch: 1), .delete(before: 2),
            .append(count: 1, padding: 600, epoch: 1), .retain, .truncate(to: 3),
            .append(count: 1, padding: 0, epoch: 2),
            .cut(ago: 2, keeping: .none, tearing: nil), .append(count: 1, padding: 0, epoch: 3),
        ], logCount: 2)

    /// Zeros stand behind what the ring has of two logs.
    package static let sharingAhead = FaultWorkload(
        name: "sharing, written ahead",
        settings: Workload.settings { $0.prewriting = ByteCount(300) },
        steps: [
            .append(count: 2, padding: 120, epoch: 0), .append(count: 1, padding: 50, epoch: 0),
            .append(count: 1, padding: 0, epoch: 0), .truncate(to: 3),
            .append(count: 1, padding: 50, epoch: 1), .roll,
            .append(count: 1, padding: 200, epoch: 1), .append(count: 1, padding: 0, epoch: 1),
            .die, .append(count: 2, padding: 150, epoch: 1), .reopen,
            .append(count: 1, padding: 0, epoch: 2),
        ], logCount: 2)
}

extension FaultWorkload {
    /// Flushes run beside the owner, which appends, rolls, cuts, closes and dies meanwhile.
    package static let flushingBeside = FaultWorkload(
        name: "flushing beside", settings: Workload.settings(),
        steps: [
            .append(count: 1, padding: 20, epoch: 0), .appendBeside(padding: 300, epoch: 0),
            .roll, .appendBeside(padding: 0, epoch: 1), .truncate(to: 4),
            .appendBeside(padding: 500, epoch: 2), .reopen, .append(count: 1, padding: 0, epoch: 2),
            .appendBeside(padding: 20, epoch: 2), .die, .append(count: 1, padding: 0, epoch: 3),
            .appendBeside(padding: 20, epoch: 3),
        ])
}

/// Runs a `FaultWorkload` and keeps account of what it was told.
package final class FaultScene {
    /// How the last process ends.
    package enum End: CaseIterable { case processDeath, powerCut, evictedCaches }

    package private(set) var disk: SimulatedDisk
    private var journals: [Journal]
    package private(set) var refusals = 0
    private var hitsBefore = 0
    private let workload: FaultWorkload
    private var directory: DataDirectory?
    private var logs: [Log?]
    private let flushes = HeldFlushes()
    private var serial = 0
    private var boot = Scene.boot
    /// Which logs were not seen since power was cut.
    private var wasPowerCut: [Bool]
    /// Set when a step broke a promise.
    private var wrong: String?
    /// Whether a flush failed since the log was opened: it takes no appends then.
    private var isPoisoned: [Bool]

    package init(_ workload: FaultWorkload) {
        self.workload = workload
        disk = SimulatedDisk()
        journals = Array(repeating: Journal(), count: workload.logCount)
        logs = Array(repeating: nil, count: workload.logCount)
        wasPowerCut = Array(repeating: false, count: workload.logCount)
        isPoisoned = wasPowerCut
    }

    private var numbers: Range<Int> { 0..<workload.logCount }

    /// What must be there now.
    package var expectation: Expectation { journals[0].end }

    private func apply(_ event: Expectation.Event, to number: Int = 0) {
        journals[number].note(event, at: disk.operationCount)
    }

    /// How many calls failed.
    package var hitCount: Int { hitsBefore + disk.faultHitCount }

    /// - Returns: what went wrong on the way; nil when every failure was a typed one.
    package func run() -> String? {
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
        case .append(let count, let padding, let epoch, let compression):
            try append(count, padding: padding, epoch: epoch, compression)
        case .appendBeside(let padding, let epoch):
            try appendBeside(padding: padding, epoch: epoch)
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
            apply(.beginDelete(before: Int(log.ends.flushed.rawValue)))
            try log.applyRetention(now: disk.clock.wallClock())
            apply(.endDelete(before: Int(log.ends.start.rawValue)))
        case .delete(let offset):
            let log = try opened()
            apply(.beginDelete(before: offset))
            try log.deleteRecords(before: Offset(Int64(offset)))
            apply(.endDelete(before: Int(log.ends.start.rawValue)))
        case .truncate(let offset): try truncate(to: offset)
        case .reopen:
            let closing = directory
            let closed = logs
            forget()
            try closing?.close()
            for number in numbers {
                if let log = closed[number] { acknowledge(log, number) }
            }
        case .die: startLife(on: disk.processDeath(), after: .max)
        case .cut(let ago, let selection, let tear):
            let moment = max(0, disk.operationCount - ago)
            let before = SimulatedDisk(replaying: disk.trace, through: moment, clock: disk.clock)
            startLife(on: before.crash(keeping: selection, tearing: tear), after: moment)
            boot = UniqueID(high: boot.high, low: boot.low + 1)
            wasPowerCut = numbers.map { _ in true }
        case .fail(let ordinal, let kinds, let error, let mode):
            disk.fail(ordinal: ordinal, of: kinds, with: error, mode: mode)
        case .clearFaults: disk.clearFaults()
        }
    }

    private func startLife(on next: SimulatedDisk, after moment: Int) {
        hitsBefore += disk.faultHitCount
        forget()
        disk = next
        journals = journals.map { journal in
            var later = Journal()
            later.start = journal.expectation(at: moment)
            return later
        }
    }

    private func forget() {
        flushes.forgetAll()
        directory = nil
        logs = numbers.map { _ in nil }
        isPoisoned = numbers.map { _ in false }
    }

    /// A log, opened anew where it is not open.
    private func opened(_ number: Int = 0) throws -> Log {
        if let log = logs[number] { return log }
        let opened =
            try directory
            ?? DataDirectory(
                Scene.path, commitRingSize: Scene.commitRingSize,
                in: Scene.surroundings(disk, boot: boot))
        directory = opened
        let log = try opened.openLog(Scene.name(number), settings: workload.settings)
        let found = Contents(of: log.reader)
        let expectation = journals[number].end
        let (start, end) = (Int(log.ends.start.rawValue), Int(log.ends.written.rawValue))
        let required = wasPowerCut[number] ? expectation.flushedEnd : expectation.writtenEnd
        if end < required {
            wrong = "opened again: ends at \(end), acknowledged to \(required), \(log.recovery)"
        } else if let fault = found.fault(against: expectation, start: start, end: end) {
            // The fault may hit the reading as well; what is served must still be right.
            if found.stuck == nil { wrong = "opened again: \(fault), \(log.recovery)" }
        } else {
            apply(.settle(start: start, end: end, found.served), to: number)
            wasPowerCut[number] = false
        }
        logs[number] = log
        return log
    }

    private func append(
        _ count: Int, padding: Int, epoch: Int32, _ compression: Compression
    ) throws {
        guard workload.logCount == 1 else {
            return try appendTogether(count, padding: padding, epoch: epoch, compression)
        }
        let log = try opened()
        let batch = try submit(count, to: 0, padding: padding, epoch: epoch, compression)
        try log.append(batch.rawSpan, epoch: self.epoch(epoch, of: log))
        try didAppend(0)
    }

    /// Appends to all logs, and lets them share a flush.
    private func appendTogether(
        _ count: Int, padding: Int, epoch: Int32, _ compression: Compression
    ) throws {
        var written: [Int] = []
        for number in numbers where wrong == nil {
            do {
                let log = try opened(number)
                let batch = try submit(
                    count, to: number, padding: padding, epoch: epoch, compression)
                try log.write(
                    batch.rawSpan, epoch: self.epoch(epoch, of: log), now: disk.clock.wallClock())
                written.append(number)
            } catch let error as LogError {
                refuse(error, number)
            }
        }
        guard let directory else { return }
        for (number, failure) in zip(written, directory.flushEach(written.compactMap { logs[$0] }))
        where wrong == nil {
            if let failure { refuse(failure, number) } else { try didAppend(number) }
        }
    }

    private func appendBeside(padding: Int, epoch: Int32) throws {
        let log = try opened()
        try write(padding: padding, epoch: epoch)
        guard log.sizeForFlushBeside > .zero else {
            // The first flush of an opening.
            try log.flush()
            return try didAppend(0)
        }
        let end = Int(log.ends.written.rawValue)
        _ = Log.beginFlush(of: [log], by: flushes) {}
        try write(padding: padding, epoch: epoch)
        flushes.runNext()
        try log.finishFlush()
        if log.ends.flushed.rawValue > end { wrong = "more is durable than was there to flush" }
        apply(.acknowledge(flushed: Int(log.ends.flushed.rawValue), written: end))
        try log.flush()
        try didAppend(0)
    }

    private func write(padding: Int, epoch: Int32) throws {
        let log = try opened()
        let batch = try submit(1, to: 0, padding: padding, epoch: epoch, .none)
        try log.write(
            batch.rawSpan, epoch: self.epoch(epoch, of: log), now: disk.clock.wallClock())
    }

    private func refuse(_ error: LogError, _ number: Int) {
        refusals += 1
        note(error, number)
    }

    private func epoch(_ epoch: Int32, of log: Log) -> LeaderEpoch {
        LeaderEpoch(exactly: max(epoch, log.latestEpoch?.rawValue ?? 0)) ?? .zero
    }

    /// Makes a batch, and notes that it is about to be appended.
    private func submit(
        _ count: Int, to number: Int, padding: Int, epoch: Int32, _ compression: Compression
    ) throws -> [UInt8] {
        let log = try opened(number)
        let epoch = self.epoch(epoch, of: log)
        let values = (0..<count).map { _ in
            serial += 1
            return "\(epoch)/\(serial)" + String(repeating: ".", count: padding)
        }
        let batch = try Scene.batch(
            values, compression: compression, timestamp: disk.clock.wallClock().milliseconds)
        apply(.submit(at: Int(log.ends.written.rawValue), values), to: number)
        return batch
    }

    private func didAppend(_ number: Int) throws {
        let log = try opened(number)
        if isPoisoned[number] { wrong = "appended to a poisoned log" }
        if workload.settings.flushPolicy == .durable, log.ends.flushed < log.ends.written {
            wrong = "acknowledged before a flush: \(log.ends)"
        }
        acknowledge(log, number)
    }

    private func truncate(to offset: Int) throws {
        let log = try opened()
        guard offset < log.ends.written.rawValue else { return }
        // A batch that holds the offset goes whole; none here has more than two records.
        apply(.beginTruncate(to: max(0, offset - 1)))
        let end = Int(try log.truncate(to: Offset(Int64(offset))).rawValue)
        apply(.endTruncate(to: end))
        acknowledge(log)
    }

    private func acknowledge(_ log: Log, _ number: Int = 0) {
        let ends = log.ends
        apply(
            .acknowledge(
                flushed: Int(ends.flushed.rawValue), written: Int(ends.written.rawValue)),
            to: number)
    }

    private func note(_ error: LogError, of step: FaultWorkload.Step) {
        switch step {
        case .delete, .retain: apply(.failDelete)
        default: break
        }
        guard case .poisoned(let path, _) = error else { return note(error, 0) }
        for number in numbers where path.hasSuffix("/" + Scene.name(number).folder) {
            note(error, number)
        }
    }

    private func note(_ error: LogError, _ number: Int) {
        switch error {
        case .poisoned: isPoisoned[number] = logs[number] != nil
        case .file(let failure) where failure.operation == .flush: break
        default: return
        }
        // What was only in the page cache when a flush failed is not promised any more.
        apply(.forget(above: journals[number].end.flushedEnd), to: number)
    }

    /// Takes the faults away and goes on in the same process: a log that a failed flush stopped is
    /// let go on, and takes an append.
    package func goOn() -> String? {
        disk.clearFaults()
        do {
            for number in numbers {
                let log = try opened(number)
                guard isPoisoned[number] else { continue }
                let flushed = Int(log.ends.flushed.rawValue)
                apply(.forget(above: flushed), to: number)
                if try log.resume() != nil { apply(.endTruncate(to: flushed), to: number) }
                isPoisoned[number] = false
                acknowledge(log, number)
            }
            let before = refusals
            try append(1, padding: 20, epoch: 3, .none)
            if refusals > before { return "the fault is gone, and an append is refused" }
        } catch {
            return "the fault is gone, and it does not go on: \(error)"
        }
        return wrong
    }

    /// Ends the last process, takes the faults away, and looks at what the next one finds.
    package func fault(after end: End) -> String? {
        let (left, death): (SimulatedDisk, Life.Death) =
            switch end {
            case .processDeath:
                (disk.processDeath(), wasPowerCut.contains(true) ? .powerCut : .processDeath)
            case .powerCut: (disk.crash(keeping: .none), .powerCut)
            case .evictedCaches:
                (evicted(), wasPowerCut.contains(true) ? .powerCut : .processDeath)
            }
        let expectations = numbers.map { (Scene.name($0), journals[$0].end) }
        let life = Life(
            endedBy: death, leaving: Dictionary(uniqueKeysWithValues: expectations), inBoot: boot)
        return Judge(workload.settings).fault(
            of: left, after: life, then: end == .powerCut ? .cleanClose : .powerCut)
    }

    /// The process died, and the pages that it left went out of memory before the next one came.
    private func evicted() -> SimulatedDisk {
        let left = disk.processDeath()
        left.evictCaches()
        return left
    }
}
