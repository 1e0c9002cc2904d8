internal import VarveLog
internal import VarveMetadata
internal import VarveRecords
internal import VarveTerms

extension MetadataLog {
    /// Reads the newest whole snapshot and all records behind it.
    static func read(
        _ log: Log, _ snapshots: SnapshotFolder, at now: Timestamp
    ) throws(BrokerError) -> MetadataState {
        var state = try newestSnapshot(of: log, snapshots) ?? MetadataState(at: now)
        try replay(log, from: state.snapshot?.offset ?? log.ends.start, onto: &state)
        return state
    }

    /// The newest snapshot that is whole and from whose end on the log has every record; nil when
    /// the whole log is there.
    ///
    /// A damaged one is passed over while an older one, or the whole log, says the same.
    private static func newestSnapshot(
        of log: Log, _ snapshots: SnapshotFolder
    ) throws(BrokerError) -> MetadataState? {
        let names = try snapshots.names()
        if let newest = names.last, newest.offset > log.ends.written {
            throw .metadataTooShort(
                path: log.path, end: log.ends.written, snapshot: snapshots.path(of: newest))
        }
        var failure: BrokerError?
        for name in names.reversed() where name.offset >= log.ends.start {
            do throws(BrokerError) {
                let snapshot = try snapshots.load(name)
                return MetadataState(snapshot, written: try snapshots.status(of: name).written)
            } catch {
                failure = failure ?? error
            }
        }
        guard log.ends.start > .zero else { return nil }
        throw failure ?? .metadataGap(path: log.path, start: log.ends.start)
    }

    /// Adds every record of the log from `start` on.
    private static func replay(
        _ log: Log, from start: Offset, onto state: inout MetadataState
    ) throws(BrokerError) {
        var scanner = RecordScanner()
        var offset = start
        while let batches = try batches(of: log, from: offset) {
            var failure: BrokerError?
            do throws(BatchDefect) {
                try batches.forEachBatch { (header, bytes) throws(BatchDefect) in
                    guard failure == nil else { return }
                    state.sizeSinceSnapshot += header.sizeInBytes
                    state.newest = Timestamp(milliseconds: header.maxTimestamp)
                    let isControl = header.attributes.isControl
                    try scanner.forEachRecord(in: bytes) { (record) throws(BatchDefect) in
                        guard failure == nil, record.offset >= start else { return }
                        failure = state.take(record, isControl: isControl)
                    }
                }
            } catch {
                throw .metadata(offset: offset, .damaged("\(error)"))
            }
            if let failure { throw failure }
            offset = batches.nextOffset
        }
    }

    private static func batches(
        of log: Log, from offset: Offset
    ) throws(BrokerError) -> PinnedBatches? {
        let outcome = try attempt { () throws(LogError) in
            try log.reader.read(from: offset, sizeMax: .mib(1), through: .includingUnflushed)
        }
        guard case .batches(let batches) = outcome else { return nil }
        return batches
    }
}
