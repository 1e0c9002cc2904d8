internal import VarveLog
internal import VarveMetadata
internal import VarveSystem
internal import VarveTerms

// Going on by itself when the disk does: after a full disk, a failed flush, a path that was gone.
extension Broker {
    /// A write to a partition, or its flush, failed: its log may have stopped.
    func noteFailure(_ error: LogError, of partition: Partition) {
        guard error.isOfDisk else { return }
        if !partition.upkeep.isFailing {
            partition.upkeep.isFailing = true
            upkeep.report.failingCount += 1
            tellOfFailure("\(partition.log.name)", error)
        }
        noteStop(error, of: partition)
    }

    /// One line for all partitions of a disk, and none again for a while: where a disk is nearly
    /// full, short batches get through between long ones.
    private func tellOfFailure(_ name: String, _ error: LogError) {
        let now = clock.now()
        guard !upkeep.isFailureTold, now >= upkeep.nextTelling else { return }
        upkeep.isFailureTold = true
        upkeep.nextTelling = now.advanced(by: Upkeep.tellingPause)
        upkeep.diagnostics.note(
            "\(name) cannot be written to: \(error); producers are refused until it can be")
    }

    /// A log that a failed flush has stopped is to be resumed.
    func noteStop(_ error: LogError, of partition: Partition) {
        guard !partition.upkeep.isSuspect, error.isPoisoned else { return }
        // What its coordinator believes may be among what is lost.
        if partition.topic == GroupHost.topic { resign(partition) }
        partition.upkeep.isSuspect = true
        upkeep.suspects.append(partition.key)
        scheduleRecovery()
    }

    /// A write and its flush came through.
    func noteSuccess(of partition: Partition) {
        guard partition.upkeep.isFailing else { return }
        partition.upkeep.isFailing = false
        upkeep.report.failingCount -= 1
        if upkeep.report.failingCount == 0, upkeep.isFailureTold {
            upkeep.isFailureTold = false
            upkeep.diagnostics.note("\(partition.log.name) takes records again, as do all others")
        }
    }

    /// The metadata log has stopped.
    func noteMetadataStop() {
        upkeep.isMetadataSuspect = true
        upkeep.diagnostics.note(
            "\(metadata.log.name) has stopped since a flush failed; topics and properties cannot "
                + "change until the disk is well")
        scheduleRecovery()
    }

    /// Partitions of a topic could not be opened.
    func noteLackOfPartitions(of topic: String, _ error: any Error) {
        if !upkeep.lacksPartitions {
            upkeep.lacksPartitions = true
            upkeep.diagnostics.note("partitions of \(topic) cannot be opened: \(error)")
        }
        scheduleRecovery()
    }

    private func scheduleRecovery() {
        upkeep.plan.schedule(.recovery, at: clock.now().advanced(by: upkeep.recoveryPause))
    }

    // MARK: Mending

    /// Lets a log go on that a failed flush has stopped.
    func resume(_ partition: Partition) throws(LogError) {
        partition.upkeep.isSuspect = false
        guard !partition.isDirty else {
            // Who waits for a flush of it hears first that it failed.
            partition.upkeep.isSuspect = true
            return upkeep.suspects.append(partition.key)
        }
        do throws(LogError) {
            guard let resumption = try partition.log.resume() else { return }
            upkeep.report.logsResumed += 1
            upkeep.diagnostics.note(
                "\(partition.log.name) goes on after a failed flush (\(resumption.cause)) at "
                    + "offset \(resumption.dropped.lowerBound); what was not acknowledged is gone")
        } catch {
            partition.upkeep.isSuspect = true
            upkeep.suspects.append(partition.key)
            throw error
        }
    }

    func concludeRecovery(now: Instant) {
        if upkeep.isMetadataSuspect { resumeMetadata() }
        if upkeep.lacksPartitions { openMissingPartitions() }
        let isMended =
            upkeep.suspects.isEmpty && !upkeep.isMetadataSuspect && !upkeep.lacksPartitions
        if isMended {
            upkeep.recoveryPause = Upkeep.recoveryPauseMin
        } else {
            upkeep.plan.schedule(.recovery, at: now.advanced(by: upkeep.recoveryPause))
            upkeep.recoveryPause = min(upkeep.recoveryPause * 2, Upkeep.recoveryPauseMax)
        }
    }

    private func resumeMetadata() {
        if metadata.isStopped { mendMetadata() }
        guard !metadata.isStopped else {
            upkeep.report[.recovery].failureCount += 1
            return
        }
        upkeep.isMetadataSuspect = false
        upkeep.report.logsResumed += 1
        upkeep.diagnostics.note("\(metadata.log.name) takes changes again")
    }

    /// Opens what the metadata gives to this node and could not be opened before.
    private func openMissingPartitions() {
        upkeep.lacksPartitions = false
        for topic in image.topicsByName {
            for (index, wanted) in topic.partitions.enumerated()
            where wanted.replicas.contains(settings.nodeID)
                && !partitions.isHere(topic.name, Int32(index))
            {
                do throws(BrokerError) {
                    try openPartition(Int32(index), of: topic)
                    upkeep.report.logsResumed += 1
                } catch {
                    upkeep.lacksPartitions = true
                    upkeep.note(.recovery, failedOn: "\(topic.name)-\(index)", error)
                    // One try tells of the disk.
                    return
                }
            }
        }
    }
}

extension LogError {
    /// Whether it is the disk that failed, and not what was to be written.
    var isOfDisk: Bool {
        switch self {
        case .file, .checkpoint, .poisoned: true
        default: false
        }
    }
}
