internal import VarveLog
internal import VarveMetadata
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport

// Background work, in slices between the turns of the loop.
extension Broker {
    /// What was done in the background so far.
    public var upkeepReport: UpkeepReport {
        var report = upkeep.report
        for kind in UpkeepKind.allCases { report[kind].isOn = upkeep.plan.isOn(kind) }
        return report
    }

    /// Does a slice of what is due. Everything that could leave in this turn has left.
    func keepHouse(now began: Instant, on loop: EventLoop) {
        if upkeep.isStale { takeUpConfigs(now: began, on: loop) }
        noteMetadata()
        guard !isStopping, let due = upkeep.plan.nextDeadline, due <= began else { return }
        var now = clock.now()
        let start = now
        for _ in 0..<UpkeepPlan.stepCountMax {
            guard let step = upkeep.plan.next(at: now) else { break }
            perform(step, now: now)
            now = clock.now()
            guard now.duration(since: start) < UpkeepPlan.sliceMax else { break }
        }
        upkeep.plan.didRun(for: now.duration(since: start), at: now)
    }

    private func perform(_ step: UpkeepPlan.Step, now: Instant) {
        switch step {
        case .survey(let kind):
            upkeep.begin(kind, at: clock.wallClock())
            let logs = survey(kind)
            upkeep.plan.didSurvey(kind, logs, at: now)
        case .look(let key):
            let urgency = look(at: key, now: now)
            if urgency == nil { didVisit(key) }
            upkeep.plan.didLook(urgency)
        case .visit(.compaction, let key):
            let (progress, moved) = clean(key, now: now)
            if progress == .done { didVisit(key) }
            upkeep.plan.didVisit(.compaction, progress, moved: moved, at: now)
        case .visit(.scrub, let key):
            let (progress, moved) = scrub(key)
            if progress == .done { didVisit(key) }
            upkeep.plan.didVisit(.scrub, progress, moved: moved, at: now)
        case .visit(let kind, let key):
            visit(key, for: kind)
            didVisit(key)
            upkeep.plan.didVisit(kind, .done, at: now)
        case .conclude(let kind):
            conclude(kind, now: now)
            upkeep.report[kind].roundCount += 1
            upkeep.report[kind].lastEnded = clock.wallClock()
            upkeep.tell(of: kind)
            upkeep.plan.didConclude(kind, at: now)
        }
    }

    // MARK: Rounds

    private func survey(_ kind: UpkeepKind) -> [PartitionKey] {
        switch kind {
        case .recovery:
            let suspects = upkeep.suspects
            upkeep.suspects = []
            return suspects
        case .checkpoint:
            let touched = upkeep.touched
            upkeep.touched = []
            return touched
        case .removal: return []
        case .retention:
            // What is empty has nothing to lose.
            return surveyForRetention()
        case .compaction:
            let candidates = upkeep.candidates
            upkeep.candidates = []
            return upkeep.plan.settings.isCleaning ? candidates : []
        case .scrub: return surveyForScrub()
        }
    }

    /// Work on one log that is done in one step.
    private func visit(_ key: PartitionKey, for kind: UpkeepKind) {
        // The topic may be deleted meanwhile.
        guard let partition = partition(key, for: kind) else { return }
        upkeep.report[kind].logCount += 1
        do throws(LogError) {
            switch kind {
            case .recovery: try resume(partition)
            case .checkpoint: try noteEnds(of: partition)
            case .retention:
                try retain(partition)
                restIfIdle(partition)
            case .removal, .compaction, .scrub: break
            }
        } catch {
            upkeep.note(kind, failedOn: "\(partition.log.name)", error)
            noteStop(error, of: partition)
            // What was not noted is so next time.
            if kind == .checkpoint { noteUpkeep(of: partition) }
        }
    }

    private func conclude(_ kind: UpkeepKind, now: Instant) {
        switch kind {
        case .recovery: concludeRecovery(now: now)
        case .checkpoint: storeCheckpoints(now: now)
        case .removal: removeDeletedLogs(now: now)
        case .compaction:
            // Those that time alone makes worth a cleaning.
            guard !upkeep.candidates.isEmpty else { return }
            let pause = upkeep.plan.settings.cleanerBackoff
            upkeep.plan.schedule(.compaction, at: now.advanced(by: pause))
        case .scrub: endScrub()
        case .retention: keepMetadata()
        }
    }

    /// Has the metadata log write a snapshot, if one is due, and drop what that makes superfluous.
    private func keepMetadata() {
        do throws(BrokerError) {
            try metadata.keepHouse(at: clock.wallClock())
        } catch {
            upkeep.note(.retention, failedOn: "\(metadata.log.name)", error)
        }
    }

    // MARK: Checkpoints

    private func noteEnds(of partition: Partition) throws(LogError) {
        partition.upkeep.isTouched = false
        // Without the promise of a flush with each answer this is what bounds a recovery, lets
        // segments be deleted and compacted, and descriptors be given back.
        if settings.flushPolicy != .durable { try partition.log.flush() }
        try partition.log.noteForCheckpoint()
        if !partition.isDirty { partition.log.rest() }
    }

    private func storeCheckpoints(now: Instant) {
        if upkeep.isMetadataTouched {
            upkeep.isMetadataTouched = false
            keepMetadata()
            do throws(LogError) {
                try metadata.log.noteForCheckpoint()
                metadata.log.rest()
            } catch {
                upkeep.note(.checkpoint, failedOn: "\(metadata.log.name)", error)
            }
        }
        for directory in node.directories {
            do throws(LogError) {
                try directory.storeCheckpoints()
            } catch {
                upkeep.note(.checkpoint, failedOn: directory.path, error)
                let pause = upkeep.plan.settings.checkpointInterval
                upkeep.plan.schedule(.checkpoint, at: now.advanced(by: pause))
            }
        }
    }

    // MARK: Retention and removal

    private static var removalRetry: Duration { .seconds(60) }

    private func retain(_ partition: Partition) throws(LogError) {
        let removed = try partition.log.applyRetention(now: clock.wallClock())
        upkeep.report.segmentsDeleted += removed.count
    }

    private func removeDeletedLogs(now: Instant) {
        for directory in node.directories {
            do throws(LogError) {
                upkeep.report[.removal].logCount += try directory.removeDeletedLogs().count
            } catch {
                upkeep.note(.removal, failedOn: directory.path, error)
                upkeep.plan.schedule(.removal, at: now.advanced(by: Self.removalRetry))
            }
        }
    }

    // MARK: What others tell

    /// A partition was written to.
    func noteUpkeep(of partition: Partition) {
        if !partition.upkeep.isTouched {
            partition.upkeep.isTouched = true
            upkeep.touched.append(partition.key)
            let pause = upkeep.plan.settings.checkpointInterval
            upkeep.plan.schedule(.checkpoint, at: clock.now().advanced(by: pause))
        }
        if partition.log.settings.cleanupPolicy.contains(.compact) { noteCandidate(partition) }
    }

    /// Looks at what became of the metadata log in this turn.
    private func noteMetadata() {
        if metadata.isStopped, !upkeep.isMetadataSuspect { noteMetadataStop() }
        let end = metadata.log.ends.flushed
        guard end != upkeep.metadataEnd else { return }
        upkeep.metadataEnd = end
        guard !upkeep.isMetadataTouched else { return }
        upkeep.isMetadataTouched = true
        let pause = upkeep.plan.settings.checkpointInterval
        upkeep.plan.schedule(.checkpoint, at: clock.now().advanced(by: pause))
    }

    /// A log was deleted; its files stay a while.
    func noteRemoval() {
        let delay = upkeep.plan.settings.removalDelay
        upkeep.plan.schedule(.removal, at: clock.now().advanced(by: delay))
    }

    /// A compacted log may be worth a cleaning.
    func noteCandidate(_ partition: Partition) {
        guard !partition.upkeep.isCandidate else { return }
        partition.upkeep.isCandidate = true
        upkeep.candidates.append(partition.key)
        let pause = upkeep.plan.settings.cleanerBackoff
        upkeep.plan.schedule(.compaction, at: clock.now().advanced(by: pause))
    }

    /// Looks at every compacted log: at the start, and after a change of properties.
    func noteAllCandidates() {
        for partition in partitions.all
        where partition.log.settings.cleanupPolicy.contains(.compact)
            && partition.log.size > .zero
        {
            noteCandidate(partition)
        }
        let resting = restingCandidates
        guard !resting.isEmpty else { return }
        upkeep.candidates += resting
        let pause = upkeep.plan.settings.cleanerBackoff
        upkeep.plan.schedule(.compaction, at: clock.now().advanced(by: pause))
    }

    /// Properties changed while the broker runs.
    private func takeUpConfigs(now: Instant, on loop: EventLoop) {
        upkeep.isStale = false
        upkeep.restingDue = [:]
        let configs = brokerConfigs
        upkeep.plan.change(UpkeepSettings(configs), now: now)
        noteAllCandidates()
        let connections = ConnectionSettings(configs, base: loop.ledger.limits)
        guard connections != upkeep.connections else { return }
        upkeep.connections = connections
        loop.ledger.change(connections.limits)
        if !connections.unknownHosts.isEmpty {
            upkeep.diagnostics.note(
                "max.connections.per.ip.overrides: only addresses of version 4 are understood, "
                    + "not \(connections.unknownHosts.joined(separator: ", "))")
        }
    }
}
