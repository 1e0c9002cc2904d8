internal import VarveLog
internal import VarveSystem
internal import VarveTerms

// Compaction, a step at a time.
extension Broker {
    /// What a step reads and writes of a log, about: a fraction of a millisecond of work.
    private static var cleaningStep: ByteCount { .kib(128) }

    /// How urgently a log needs cleaning; nil for not at all.
    func look(at key: PartitionKey, now: Instant) -> UpkeepPlan.Urgency? {
        guard let partition = partition(key, for: .compaction) else {
            upkeep.cleaningPauses[key] = nil
            return nil
        }
        partition.upkeep.isCandidate = false
        guard partition.log.settings.cleanupPolicy.contains(.compact) else { return nil }
        if let pause = upkeep.cleaningPauses[key], pause.until > now {
            waitForTime(partition)
            return nil
        }
        do throws(LogError) {
            let wallClock = clock.wallClock()
            let found = try partition.log.cleanability(now: wallClock)
            if try partition.log.isWorthCleaning(now: wallClock) {
                return UpkeepPlan.Urgency(
                    isOverdue: found.isOverdue, dirtyRatio: found.dirtyRatio)
            }
            let compaction = partition.log.settings.compaction
            let isBoundToTime =
                compaction.minCompactionLag > .zero || compaction.maxCompactionLag != nil
            if isBoundToTime, found.dirty.lowerBound < partition.log.ends.flushed {
                waitForTime(partition)
            }
        } catch {
            noteUncleaned(partition, error, now: now)
        }
        return nil
    }

    /// The log is looked at again although nobody writes to it.
    private func waitForTime(_ partition: Partition) {
        partition.upkeep.isCandidate = true
        upkeep.candidates.append(partition.key)
    }

    /// Goes on with the cleaning of a log, or begins it.
    func clean(
        _ key: PartitionKey, now: Instant
    ) -> (progress: UpkeepPlan.Progress, moved: ByteCount) {
        guard let partition = partitions[key.topicID, key.index] else {
            // Its topic is gone, and what the cleaning wrote goes with the folder.
            upkeep.cleaning?.cleaner.cancel()
            upkeep.cleaning = nil
            return (.done, .zero)
        }
        do throws(LogError) {
            let cleaner: LogCleaner
            if let current = upkeep.cleaning, current.key == key {
                cleaner = current.cleaner
            } else {
                cleaner = try partition.log.makeCleaner(now: clock.wallClock())
                upkeep.cleaning = (key, cleaner)
                upkeep.report[.compaction].logCount += 1
            }
            switch try cleaner.step(Self.cleaningStep) {
            case .working(let progress): return (.more, progress.moved)
            case .finished(let report):
                upkeep.cleaning = nil
                upkeep.cleaningPauses[key] = nil
                return (note(report, of: partition), .zero)
            }
        } catch {
            upkeep.cleaning = nil
            noteUncleaned(partition, error, now: now)
            return (.done, .zero)
        }
    }

    private func note(
        _ report: CleaningReport, of partition: Partition
    ) -> UpkeepPlan.Progress {
        upkeep.report.recordsCompacted += report.tally.recordsDropped
        upkeep.report.sizeBeforeCompaction =
            upkeep.report.sizeBeforeCompaction + report.sizeBefore
        upkeep.report.sizeAfterCompaction = upkeep.report.sizeAfterCompaction + report.sizeAfter
        switch report.ending {
        case .mapFull: return .more
        case .damaged(let range):
            upkeep.note(.compaction, failedOn: "\(partition.log.name)", LogError.corrupt(range))
            return .done
        case .overtaken:
            noteCandidate(partition)
            return .done
        case .done, .nothingToClean: return .done
        }
    }

    /// A log that could not be cleaned is tried again after a while, then after longer ones.
    private func noteUncleaned(_ partition: Partition, _ error: LogError, now: Instant) {
        upkeep.note(.compaction, failedOn: "\(partition.log.name)", error)
        let last = upkeep.cleaningPauses[partition.key]?.length
        let length = min(
            last.map { $0 * 2 } ?? Upkeep.cleaningPauseMin, Upkeep.cleaningPauseMax)
        upkeep.cleaningPauses[partition.key] = (length, now.advanced(by: length))
        waitForTime(partition)
    }
}
