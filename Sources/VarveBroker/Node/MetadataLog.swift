internal import VarveBytes
internal import VarveLog
internal import VarveMetadata
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms
internal import VarveWire

/// The one source of truth about topics and properties: the records of `__cluster_metadata-0`, and
/// snapshots of what they add up to.
///
/// *Invariants*: a snapshot ends where the log goes on, or before; whatever is missing at the
/// log's front is in a snapshot that is durable.
/// *Threads*: owned by the broker's shard.
final class MetadataLog {
    static let name: LogName = {
        guard let name = LogName(topic: "__cluster_metadata", partition: 0) else {
            preconditionFailure("a lawful name")
        }
        return name
    }()
    /// What Apache Kafka calls the topic's id.
    static let topicID = UniqueID(high: 0, low: 1)

    let log: Log
    let keeping: MetadataKeeping
    let snapshots: SnapshotFolder
    var state: MetadataState
    /// The epoch in which this node leads.
    private(set) var epoch = LeaderEpoch.zero

    /// Why a disk that failed has stopped the log, until `resume` returns; nil while it goes on.
    /// As long as it stands the image may have records that the log has lost.
    private var stop: LogError?

    var isStopped: Bool { stop != nil }

    /// The sum of the records.
    var image: ClusterImage { state.replay.image }

    /// Reads the newest whole snapshot and all records behind it.
    /// - Throws: `.metadata` for a record that cannot be, with its offset; `.snapshot`,
    ///   `.metadataGap` and `.metadataTooShort` when records are missing; `.log`.
    init(
        _ log: Log, _ keeping: MetadataKeeping = MetadataKeeping(), in fileSystem: any FileSystem,
        at now: Timestamp
    ) throws(BrokerError) {
        self.log = log
        self.keeping = keeping
        snapshots = SnapshotFolder(path: log.path, fileSystem: fileSystem)
        try snapshots.removeLeftovers()
        state = try Self.read(log, snapshots, at: now)
    }

    // MARK: Appending

    /// Begins an epoch, led by `node`, as each start of Kafka's controller does. A transaction that
    /// the leader before left open is given up.
    func lead(as node: Int32, at now: Timestamp) throws(BrokerError) {
        let last = max(log.latestEpoch ?? .zero, state.snapshot?.epoch ?? .zero)
        // An epoch that nobody can follow is stayed in.
        epoch = LeaderEpoch(exactly: last.rawValue &+ 1) ?? last
        let message = LeaderChangeMessage(
            version: 0, leaderId: node, voters: [.init(voterId: node)],
            grantingVoters: [.init(voterId: node)])
        var settings = BatchSettings()
        settings.kind = .control
        var key = ByteBuffer(capacity: 4)
        key.append(Int16(0))
        key.append(ControlRecord.Kind.leaderChange.number)
        try write(settings, at: now) { (builder, value) throws(BrokerError) in
            try encoding(at: log.ends.written) { () throws(WireError) in
                try message.encode(into: &value, version: 0)
            }
            try building { () throws(BatchBuildError) in
                _ = try builder.append(key: key.bytes, value: value.buffer.bytes, timestamp: now)
            }
        }
        if state.replay.isInTransaction {
            try append([.abortTransaction(AbortTransactionRecord())], at: now)
        }
    }

    /// Appends records as one batch and adds them to the image. They are durable after the log's
    /// next flush; nobody is told of them before.
    ///
    /// - Returns: the offset of the first.
    /// - Throws: `.log` for what kept them out of the log, with the image as it was; `.metadata`
    ///   for a record that does not fit, which no request may bring about.
    @discardableResult
    func append(_ records: [MetadataRecord], at now: Timestamp) throws(BrokerError) -> Offset {
        let base = log.ends.written
        try write(BatchSettings(), at: now) { (builder, value) throws(BrokerError) in
            for record in records {
                try encoding(at: base) { () throws(WireError) in
                    try record.encodeAlone(into: &value)
                }
                try building { () throws(BatchBuildError) in
                    _ = try builder.append(key: nil, value: value.buffer.bytes, timestamp: now)
                }
            }
        }
        for record in records {
            do throws(MetadataError) {
                try state.replay.replay(record)
            } catch {
                throw .metadata(offset: base, error)
            }
        }
        return base
    }

    private func write(
        _ settings: BatchSettings, at now: Timestamp,
        _ fill: (inout RecordBatchBuilder, inout WireWriter) throws(BrokerError) -> Void
    ) throws(BrokerError) {
        if let stop { throw .log(stop) }
        var builder = RecordBatchBuilder()
        var value = WireWriter()
        builder.begin(settings)
        try fill(&builder, &value)
        try building { () throws(BatchBuildError) in _ = try builder.seal() }
        do throws(LogError) {
            try log.write(builder.sealedBytes, epoch: epoch, checking: .frame, now: now)
        } catch {
            if error.isPoisoned { stop = error }
            throw .log(error)
        }
        state.sizeSinceSnapshot += builder.sealedBytes.byteCount
        state.newest = now
    }

    // MARK: Flushing

    /// On return every record survives a power cut.
    /// - Throws: what keeps them from it; while the log is stopped that is what stopped it, whether
    ///   or not the log has anything left to flush.
    func flush() throws(LogError) {
        if let stop { throw stop }
        guard log.ends.flushed < log.ends.written else { return }
        do throws(LogError) {
            try log.flush()
        } catch {
            if error.isPoisoned { stop = error }
            throw error
        }
    }

    /// Goes on after the disk failed. Records that were not flushed are gone, from the log and from
    /// the image: nobody was promised them.
    /// - Throws: while the disk still fails; it may be called again.
    func resume(at now: Timestamp) throws(BrokerError) {
        _ = try attempt { () throws(LogError) in try log.resume() }
        state = try Self.read(log, snapshots, at: now)
        stop = nil
    }
}

private func encoding(
    at offset: Offset, _ body: () throws(WireError) -> Void
) throws(BrokerError) {
    do throws(WireError) {
        try body()
    } catch {
        throw .metadata(offset: offset, .unreadable(error))
    }
}

private func building(_ body: () throws(BatchBuildError) -> Void) throws(BrokerError) {
    do throws(BatchBuildError) {
        try body()
    } catch {
        throw .log(.refusedRecord(error))
    }
}
