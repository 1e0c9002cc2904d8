internal import VarveBytes
internal import VarveMetadata
internal import VarveRecords
internal import VarveTerms
internal import VarveWire

/// A snapshot of the metadata log: what its records before an offset add up to.
struct MetadataSnapshot {
    var name: SnapshotName
    /// The time of the last record that is in it.
    var newest: Timestamp
    var quorum = QuorumRecords()
    var image: ClusterImage
}

// MARK: Reading

extension MetadataSnapshot {
    /// Reads the content of a file, every checksum and every record of it.
    init(_ name: SnapshotName, parsing file: [UInt8]) throws(SnapshotDefect) {
        var content = Content()
        var scanner = RecordScanner()
        let bytes = file.rawSpan
        var position = 0
        while position < bytes.byteCount {
            do throws(BatchDefect) {
                let header = try BatchCheck.frame(bytes, at: position)
                let isControl = header.attributes.isControl
                let batch = bytes.extracting(position..<position + header.sizeInBytes)
                try scanner.forEachRecord(in: batch) { record in
                    content.take(record, isControl: isControl)
                }
                position += header.sizeInBytes
            } catch {
                throw .batch(error, at: FilePosition(position))
            }
            if let defect = content.defect { throw defect }
        }
        guard content.count > 0 else { throw .headerMissing }
        guard content.isEnded else { throw .footerMissing }
        guard !content.replay.isInTransaction else { throw .openTransaction }
        self.init(
            name: name, newest: content.newest, quorum: content.quorum,
            image: content.replay.image)
    }

    /// What was read of a file so far.
    private struct Content {
        var replay = MetadataReplay()
        var quorum = QuorumRecords()
        var newest = Timestamp.none
        var count: Int64 = 0
        /// Whether the footer came last.
        var isEnded = false
        var defect: SnapshotDefect?

        mutating func take(_ record: borrowing RecordView, isControl: Bool) {
            guard defect == nil else { return }
            defer { count += 1 }
            var control: ControlRecord?
            if isControl, let key = record.key { control = ControlRecord(key: key) }
            guard count > 0 || control?.kind == .snapshotHeader else {
                defect = .headerMissing
                return
            }
            isEnded = control?.kind == .snapshotFooter
            guard let value = record.value else { return }
            if isControl {
                if let control { take(control, value) }
            } else {
                do throws(MetadataError) {
                    try replay.replay(MetadataRecord(value: value))
                } catch {
                    defect = .record(count, error)
                }
            }
        }

        private mutating func take(_ control: ControlRecord, _ value: RawSpan) {
            do throws(WireError) {
                if control.kind == .snapshotHeader {
                    var reader = WireReader(value)
                    let header = try SnapshotHeaderRecord(decoding: &reader, version: 0)
                    newest = Timestamp(milliseconds: header.lastContainedLogTimestamp)
                } else {
                    try quorum.replay(control, value)
                }
            } catch {
                defect = .control(count, error)
            }
        }
    }
}

extension MetadataRecord {
    /// Decodes the value of a record of the metadata log.
    init(value: RawSpan) throws(MetadataError) {
        var reader = WireReader(value)
        do throws(WireError) {
            self = try MetadataRecord(decoding: &reader)
        } catch {
            throw .unreadable(error)
        }
    }

    /// Puts the value of the record, in the newest version, into `writer` and nothing else.
    func encodeAlone(into writer: inout WireWriter) throws(WireError) {
        writer.removeAll()
        try encode(into: &writer, version: type(of: message).schema.versions.upperBound)
    }
}
