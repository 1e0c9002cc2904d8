internal import VarveLog
internal import VarveMetadata
internal import VarveTerms

extension MetadataLog {
    /// Writes a snapshot when one is due, and drops what it makes superfluous.
    func keepHouse(at now: Timestamp) throws(BrokerError) {
        guard isSnapshotDue(at: now) else { return }
        try writeSnapshot(at: now)
        try dropOld(at: now)
    }

    private func isSnapshotDue(at now: Timestamp) -> Bool {
        guard state.sizeSinceSnapshot > 0 else { return false }
        if state.sizeSinceSnapshot >= keeping.snapshotDistance.bytes { return true }
        guard let interval = keeping.snapshotInterval else { return false }
        return .milliseconds(now.milliseconds(since: state.snapshotTime)) >= interval
    }

    /// Writes a snapshot of all records. On return it is durable, and so are they.
    func writeSnapshot(at now: Timestamp) throws(BrokerError) {
        // A snapshot of records that a power cut takes back would speak of what never was.
        try attempt { () throws(LogError) in try flush() }
        guard !state.replay.isInTransaction else { return }
        let name = SnapshotName(offset: log.ends.flushed, epoch: log.latestEpoch ?? epoch)
        try snapshots.store(
            MetadataSnapshot(name: name, newest: state.newest, quorum: state.quorum, image: image),
            at: now)
        state.snapshot = name
        state.snapshotTime = now
        state.sizeSinceSnapshot = 0
    }

    /// Drops the oldest snapshots, and the segments before what is left, as far as size and age
    /// ask for it. The log's start moves first: it is never before the oldest snapshot for long.
    func dropOld(at now: Timestamp) throws(BrokerError) {
        var kept = try snapshots.names()
        var sizes: [SnapshotName: Int] = [:]
        for name in kept { sizes[name] = try snapshots.status(of: name).size }
        var dropped: [SnapshotName] = []
        while kept.count > 1, let oldest = kept.first {
            let total = log.size.bytes + kept.reduce(0) { $0 + sizes[$1, default: 0] }
            let written = try snapshots.status(of: oldest).written
            let age = Duration.milliseconds(now.milliseconds(since: written))
            let isTooMuch = keeping.retentionSize.map { total > $0.bytes } ?? false
            let isTooOld = keeping.retentionAge.map { age > $0 } ?? false
            guard isTooMuch || isTooOld else { break }
            kept.removeFirst()
            dropped.append(oldest)
            try attempt { () throws(LogError) in
                _ = try log.deleteRecords(before: kept[0].offset)
            }
        }
        try snapshots.remove(dropped)
    }
}
