internal import VarveBytes
internal import VarveLog
internal import VarveMetadata
internal import VarveRecords
internal import VarveTerms
internal import VarveWire

/// The one source of truth about topics and properties: the records of `__cluster_metadata-0`.
///
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
    /// The sum of the records.
    private(set) var image: ClusterImage
    /// Whether a disk that failed has stopped the log; see `resume`.
    private(set) var isStopped = false

    /// Reads all records.
    /// - Throws: `.metadata` for a record that cannot be, with its offset; `.log`.
    init(_ log: Log) throws(BrokerError) {
        self.log = log
        image = try Self.replay(log)
    }

    private static func replay(_ log: Log) throws(BrokerError) -> ClusterImage {
        var image = ClusterImage()
        var scanner = RecordScanner()
        var offset = log.ends.start
        while true {
            guard let batches = try read(log, from: offset) else { return image }
            var failure: BrokerError?
            do throws(BatchDefect) {
                try batches.forEachRecord(with: &scanner, from: offset) { record in
                    guard failure == nil, let value = record.value else { return }
                    do throws(MetadataError) {
                        try image.replay(decode(value))
                    } catch {
                        failure = .metadata(offset: record.offset, error)
                    }
                }
            } catch {
                throw .metadata(offset: offset, .damaged("\(error)"))
            }
            if let failure { throw failure }
            offset = batches.nextOffset
        }
    }

    private static func decode(_ value: RawSpan) throws(MetadataError) -> MetadataRecord {
        var reader = WireReader(value)
        do throws(WireError) {
            return try MetadataRecord(decoding: &reader)
        } catch {
            throw .unreadable(error)
        }
    }

    private static func read(
        _ log: Log, from offset: Offset
    ) throws(BrokerError) -> PinnedBatches? {
        do throws(LogError) {
            let outcome = try log.reader.read(
                from: offset, sizeMax: .mib(1), through: .includingUnflushed)
            guard case .batches(let batches) = outcome else { return nil }
            return batches
        } catch {
            throw .log(error)
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
        var builder = RecordBatchBuilder()
        var value = WireWriter()
        builder.begin()
        for record in records {
            do throws(WireError) {
                value.removeAll()
                let version = type(of: record.message).schema.versions.upperBound
                try record.encode(into: &value, version: version)
            } catch {
                throw .metadata(offset: base, .unreadable(error))
            }
            do throws(BatchBuildError) {
                _ = try builder.append(key: nil, value: value.buffer.bytes, timestamp: now)
            } catch {
                throw .log(.refusedRecord(error))
            }
        }
        try write(&builder, at: now)
        for record in records {
            do throws(MetadataError) {
                try image.replay(record)
            } catch {
                throw .metadata(offset: base, error)
            }
        }
        return base
    }

    private func write(
        _ builder: inout RecordBatchBuilder, at now: Timestamp
    ) throws(BrokerError) {
        do throws(BatchBuildError) {
            _ = try builder.seal()
        } catch {
            throw .log(.refusedRecord(error))
        }
        do throws(LogError) {
            try log.write(builder.sealedBytes, checking: .frame, now: now)
        } catch {
            isStopped = error.isPoisoned
            throw .log(error)
        }
    }

    // MARK: Flushing

    /// On return every record survives a power cut.
    func flush() throws(LogError) {
        guard log.ends.flushed < log.ends.written else { return }
        do throws(LogError) {
            try log.flush()
        } catch {
            isStopped = error.isPoisoned
            throw error
        }
    }

    /// Goes on after the disk failed. Records that were not flushed are gone, from the log and from
    /// the image: nobody was promised them.
    /// - Throws: while the disk still fails; it may be called again.
    func resume() throws(BrokerError) {
        _ = try attempt { () throws(LogError) in try log.resume() }
        image = try Self.replay(log)
        isStopped = false
    }
}
