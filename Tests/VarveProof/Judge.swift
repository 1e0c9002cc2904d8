import VarveBytes
package import VarveLog
import VarveRecords
package import VarveSim
import VarveSystem
import VarveTerms

/// Opens what a death left, and holds it against what must be there; then goes on in it, and
/// holds that against what it was told as well.
package struct Judge {
    /// What is tried once the logs were found to be sound.
    package enum Sequel: String, Hashable, Sendable {
        /// Append, then a power cut that keeps nothing which was not flushed.
        case powerCut
        /// Append, close, and open again: nothing is to be repaired then.
        case cleanClose
    }

    private let settings: LogSettings
    private let known: KnownSequels?

    /// - Parameter known: where sequels are noted, to try them once after what is the same opened
    ///   log on the same disk; nil to try them always.
    package init(_ settings: LogSettings, known: KnownSequels? = nil) {
        (self.settings, self.known) = (settings, known)
    }

    /// Opens the logs, whatever comes of it: for the operations that this takes.
    package func open(_ disk: SimulatedDisk, after life: Life) {
        let surroundings = Scene.surroundings(disk, boot: life.nextBoot)
        guard let directory = try? DataDirectory(Scene.path, in: surroundings) else { return }
        for (name, _) in life.logs { _ = try? directory.openLog(name, settings: settings) }
    }

    /// - Returns: what is wrong with the disk; nil when nothing is.
    package func fault(
        of disk: SimulatedDisk, after life: Life, then sequel: Sequel
    ) -> String? {
        do {
            return try fault(of: disk, after: life, life.death, then: sequel)
        } catch let error as LogError where life.death == .processDeath && error.isFailedFlush {
            // A flush had failed and nobody was left to be told: the one that opens is. Whoever
            // tries again finds a flush that succeeds, and must not believe the page cache.
            do {
                return try fault(of: disk.processDeath(), after: life, .powerCut, then: sequel)
            } catch {
                return "threw \(error), the second time"
            }
        } catch {
            return "threw \(error)"
        }
    }

    private func fault(
        of disk: SimulatedDisk, after life: Life, _ death: Life.Death, then sequel: Sequel
    ) throws -> String? {
        let directory = try DataDirectory(
            Scene.path, in: Scene.surroundings(disk, boot: life.nextBoot))
        var after: [LogName: Expectation] = [:]
        var logs: [Log] = []
        for (name, expectation) in life.logs {
            let sizeBefore = Self.batchesSize(of: name, on: disk)
            let log = try directory.openLog(name, settings: settings)
            var next = expectation
            let fault = faultOfOpening(
                log, expectation, death, sizeBefore, on: disk, &next)
            if let fault { return "\(name.folder): \(fault); \(log.recovery)" }
            after[name] = next
            logs.append(log)
        }
        if let known, !known.isNews(disk, logs, sequel) { return nil }
        for log in logs {
            guard var next = after[log.name] else { continue }
            if let fault = try faultOfAppending(log, &next) {
                return "\(log.name.folder), append after it: \(fault)"
            }
            after[log.name] = next
        }
        return try faultOfSequel(sequel, directory, disk, after, boot: life.nextBoot)
    }

    /// The bytes of all `.log` files of a log.
    private static func batchesSize(of name: LogName, on disk: SimulatedDisk) -> Int {
        disk.totalSize(of: ".log", in: Scene.path + "/" + name.folder).bytes
    }

    private func faultOfOpening(
        _ log: Log, _ expectation: Expectation, _ death: Life.Death, _ sizeBefore: Int,
        on disk: SimulatedDisk, _ next: inout Expectation
    ) -> String? {
        let ends = log.ends
        let (start, end) = (Int(ends.start.rawValue), Int(ends.written.rawValue))
        let required = death == .powerCut ? expectation.flushedEnd : expectation.writtenEnd
        if end < required { return "ends at \(end), acknowledged to \(required)" }
        if end > expectation.candidates.count { return "ends at \(end), past what was appended" }
        if ends.flushed != ends.written { return "recovered to \(end), flushed to \(ends.flushed)" }
        let contents = Contents(of: log.reader)
        if let fault = contents.fault(against: expectation, start: start, end: end) { return fault }
        if !log.recovery.damaged.isEmpty { return "damage in an undamaged log" }
        let isLawful = { (gap: Range<Offset>) in
            (Int(gap.lowerBound.rawValue)..<Int(gap.upperBound.rawValue))
                .allSatisfy(expectation.optional.contains)
        }
        if !log.recovery.gaps.allSatisfy(isLawful) { return "gaps in a log that has none" }
        let cutSize = sizeBefore - Self.batchesSize(of: log.name, on: disk)
        // A compaction that the opening completed takes bytes as well.
        if log.recovery.completedReplacements.isEmpty,
            cutSize != (log.recovery.cut?.size.bytes ?? 0) + log.recovery.trimmedSize.bytes
        {
            return "cut \(cutSize) bytes"
        }
        if let last = contents.served.last, (log.latestEpoch?.rawValue ?? -1) < last.epoch {
            return "forgot epoch \(last.epoch)"
        }
        if let fault = faultOfProducers(log, contents) { return fault }
        next.settle(start: start, end: end, contents.served)
        return randomReads(log.reader, next)
    }

    /// A producer's last batch comes again and is known, and readers of committed records stop
    /// where the first open transaction begins.
    private func faultOfProducers(_ log: Log, _ contents: Contents) -> String? {
        let end = log.ends.written
        if let stable = contents.lastStableOffset(before: end),
            log.reader.lastStableOffset(through: .includingUnflushed) != stable
        {
            return "last stable offset \(log.reader.lastStableOffset()), it is \(stable)"
        }
        guard let batch = contents.lastProduced else { return nil }
        do {
            let receipt = try log.append(batch.rawSpan, epoch: log.latestEpoch ?? .zero)
            return receipt.isDuplicate && log.ends.written == end
                ? nil : "a batch that was there is appended again: \(receipt)"
        } catch {
            return "a batch that was there is refused: \(error)"
        }
    }

    /// Reads from the middle of the log lead to the same records.
    private func randomReads(_ reader: LogReader, _ expectation: Expectation) -> String? {
        let (start, end) = (expectation.startMin, expectation.flushedEnd)
        for offset in Set([start + (end - start) / 2, start + (end - start) / 3, end - 1])
        where offset >= start && offset < end && !expectation.optional.contains(offset) {
            if !leads(reader, to: Offset(Int64(offset))) {
                return "a read at \(offset) does not lead there"
            }
        }
        return nil
    }

    private func leads(_ reader: LogReader, to offset: Offset) -> Bool {
        do {
            let outcome = try reader.read(
                from: offset, sizeMax: ByteCount(1), through: .includingUnflushed)
            guard case .batches(let batches) = outcome else { return false }
            return batches.offsets.contains(offset)
        } catch {
            return false
        }
    }

    private func faultOfAppending(_ log: Log, _ next: inout Expectation) throws -> String? {
        let epoch = log.latestEpoch ?? .zero
        let value = "\(epoch.rawValue)/after"
        let base = Int(log.ends.written.rawValue)
        next.apply(.submit(at: base, [value]))
        let batch = try Scene.batch([value])
        let receipt = try log.append(batch.rawSpan, epoch: epoch)
        if receipt.offsets.lowerBound.rawValue != Int64(base) { return "went to \(receipt)" }
        try log.flush()
        next.apply(.acknowledge(flushed: base + 1, written: base + 1))
        return nil
    }

    private func faultOfSequel(
        _ sequel: Sequel, _ directory: DataDirectory, _ disk: SimulatedDisk,
        _ expectations: [LogName: Expectation], boot: UniqueID
    ) throws -> String? {
        var boot = boot
        var later = disk
        switch sequel {
        case .powerCut:
            later = disk.crash(keeping: .none)
            boot = UniqueID(high: boot.high, low: boot.low + 1)
        case .cleanClose: try directory.close()
        }
        let again = try DataDirectory(Scene.path, in: Scene.surroundings(later, boot: boot))
        for (name, expectation) in expectations {
            let log = try again.openLog(name, settings: settings)
            let contents = Contents(of: log.reader)
            let (start, end) = (Int(log.ends.start.rawValue), Int(log.ends.written.rawValue))
            if end != expectation.flushedEnd {
                return "\(sequel), then it ends at \(end) not \(expectation.flushedEnd)"
            }
            if let fault = contents.fault(against: expectation, start: start, end: end) {
                return "\(sequel), then: \(fault); \(log.recovery)"
            }
            if sequel == .cleanClose, !log.recovery.isClean {
                return "not clean after a clean close: \(log.recovery)"
            }
        }
        return nil
    }
}

extension LogError {
    /// Whether it tells that a file could not be flushed.
    fileprivate var isFailedFlush: Bool {
        switch self {
        case .file(let failure), .checkpoint(.file(let failure)): failure.operation == .flush
        default: false
        }
    }
}
