internal import VarveMetadata
internal import VarveRecords
internal import VarveTerms
internal import VarveWire

/// What was read of the metadata log: the newest whole snapshot, and what stands behind it.
struct MetadataState {
    var replay = MetadataReplay()
    var quorum = QuorumRecords()
    /// The newest whole snapshot.
    var snapshot: SnapshotName?
    /// When it was written; where there is none, when the log was read.
    var snapshotTime: Timestamp
    /// Bytes of batches behind it.
    var sizeSinceSnapshot = 0
    /// The time of the last record.
    var newest = Timestamp.none

    init(at now: Timestamp) { snapshotTime = now }

    init(_ snapshot: MetadataSnapshot, written: Timestamp) {
        replay = MetadataReplay(from: snapshot.image)
        quorum = snapshot.quorum
        newest = snapshot.newest
        self.snapshot = snapshot.name
        snapshotTime = written
    }

    /// Adds a record of the log.
    /// - Returns: why it cannot be.
    mutating func take(_ record: borrowing RecordView, isControl: Bool) -> BrokerError? {
        guard let value = record.value else { return nil }
        do throws(MetadataError) {
            if isControl {
                try takeControl(record, value)
            } else {
                try replay.replay(MetadataRecord(value: value))
            }
            return nil
        } catch {
            return .metadata(offset: record.offset, error)
        }
    }

    private mutating func takeControl(
        _ record: borrowing RecordView, _ value: RawSpan
    ) throws(MetadataError) {
        guard let key = record.key, let control = ControlRecord(key: key) else { return }
        do throws(WireError) {
            try quorum.replay(control, value)
        } catch {
            throw .unreadable(error)
        }
    }
}
