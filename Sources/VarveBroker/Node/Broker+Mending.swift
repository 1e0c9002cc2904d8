internal import VarveLog
internal import VarveMetadata
internal import VarveSystem
internal import VarveTerms

/// Going on after a disk failed, or was full, without a restart.
///
/// The engine stops a log whose flush failed: what was written since the last good one may be lost,
/// though the page cache still shows it. Resuming cuts that off. Nobody was promised it.
extension Broker {
    /// How often a log that stays stopped is tried again, while somebody asks for it.
    private static let mendingInterval = Duration.seconds(1)

    /// Resumes the metadata log when it has stopped.
    ///
    /// To be called before a request is decided: decisions stand on the image, from which records
    /// that were not flushed disappear. While answers wait for those records it does nothing.
    func mendMetadata() {
        let now = clock.now()
        guard turnUnderway == nil, afterFlush.isEmpty, now >= nextMetadataMending else { return }
        nextMetadataMending = now.advanced(by: Self.mendingInterval)
        // While the disk fails, requests are refused, and it is tried again later.
        guard (try? metadata.resume(at: clock.wallClock())) != nil else { return }
        for name in unflushedTopics {
            let count = image[topic: name]?.partitions.count ?? 0
            for removed in partitions.remove(of: name, from: count) {
                // A folder that stays is put aside when a topic of that name is made.
                guard let log = LogName(topic: name, partition: removed.index) else { continue }
                try? node.deleteLog(log)
            }
        }
        unflushedTopics = []
        producerIDs = ProducerIDBlock()
    }

    /// Writes a batch to a partition; it is durable after the flush at the end of the turn.
    @discardableResult
    func write(
        _ batch: RawSpan, to partition: Partition, checking: AppendCheck = .records,
        now: Timestamp
    ) throws(LogError) -> AppendReceipt {
        let epoch = LeaderEpoch(partition.leaderEpoch)
        do throws(LogError) {
            return try partition.log.write(batch, epoch: epoch, checking: checking, now: now)
        } catch {
            guard mend(partition, after: error) else {
                noteFailure(error, of: partition)
                throw error
            }
            return try partition.log.write(batch, epoch: epoch, checking: checking, now: now)
        }
    }

    /// Does something about what kept a batch out of a log.
    /// - Returns: whether it may be tried once more.
    private func mend(_ partition: Partition, after error: LogError) -> Bool {
        if error.isOutOfDescriptors {
            // Logs that nobody writes to just now have some to give.
            restIdleLogs()
            return true
        }
        let now = clock.now()
        // What this turn wrote before would be cut off, and still acknowledged.
        guard error.isPoisoned, !partition.isDirty, now >= partition.nextMending else {
            return false
        }
        partition.nextMending = now.advanced(by: Self.mendingInterval)
        return (try? partition.log.resume()) != nil
    }
}

extension LogError {
    /// Whether a failed flush has stopped the log.
    var isPoisoned: Bool {
        if case .poisoned = self { true } else { false }
    }

    /// Whether the process may open no more files.
    var isOutOfDescriptors: Bool {
        guard case .file(let failure) = self else { return false }
        return failure.error == .tooManyFiles || failure.error == .tooManyFilesInSystem
    }
}
