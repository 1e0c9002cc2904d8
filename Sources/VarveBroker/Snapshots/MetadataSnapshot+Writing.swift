internal import VarveBytes
internal import VarveMetadata
internal import VarveRecords
internal import VarveTerms
internal import VarveWire

extension MetadataSnapshot {
    /// The most bytes of a batch before it takes no second record, as Kafka's.
    private static let batchSizeMax = ByteCount.mib(8)

    /// The content of the file.
    /// - Throws: `.record` when one is too large for a batch, or its message cannot be told.
    func printed(at now: Timestamp) throws(SnapshotDefect) -> [UInt8] {
        var output = Output(epoch: name.epoch, now: now)
        do throws(MetadataError) {
            try output.begin(.control)
            let header = SnapshotHeaderRecord(
                version: 0, lastContainedLogTimestamp: newest.milliseconds)
            try output.append(.snapshotHeader, header)
            if let version = quorum.version { try output.append(.kraftVersion, version) }
            if let voters = quorum.voters { try output.append(.kraftVoters, voters) }
            try output.seal()
            try output.begin(.plain)
            for record in image.records { try output.append(record) }
            try output.seal()
            try output.begin(.control)
            try output.append(.snapshotFooter, SnapshotFooterRecord(version: 0))
            try output.seal()
        } catch {
            throw .record(output.count, error)
        }
        return output.bytes
    }

    /// Batches, one after the other, whose offsets count from 0.
    private struct Output: ~Copyable {
        let epoch: LeaderEpoch
        let now: Timestamp
        /// How many records there are.
        private(set) var count: Int64 = 0
        private var builder = RecordBatchBuilder()
        private var value = WireWriter()
        private var sealed = ByteBuffer()

        init(epoch: LeaderEpoch, now: Timestamp) {
            self.epoch = epoch
            self.now = now
        }

        var bytes: [UInt8] { sealed.bytes.array() }

        mutating func begin(_ kind: BatchSettings.Kind) throws(MetadataError) {
            var settings = BatchSettings()
            settings.baseOffset = Offset(count)
            settings.leaderEpoch = epoch
            settings.kind = kind
            settings.sizeMax = batchSizeMax
            builder.begin(settings)
        }

        /// Completes the batch, unless it has no records.
        mutating func seal() throws(MetadataError) {
            guard !builder.isEmpty else { return }
            try Self.seal(&builder, into: &sealed)
        }

        private static func seal(
            _ builder: inout RecordBatchBuilder, into sealed: inout ByteBuffer
        ) throws(MetadataError) {
            do throws(BatchBuildError) {
                _ = try builder.seal()
            } catch {
                throw .damaged("\(error)")
            }
            sealed.append(builder.sealedBytes)
        }

        mutating func append(
            _ kind: ControlRecord.Kind, _ message: some WireMessage
        ) throws(MetadataError) {
            var key = ByteBuffer(capacity: 4)
            key.append(Int16(0))
            key.append(kind.number)
            do throws(WireError) {
                value.removeAll()
                try message.encode(into: &value, version: 0)
            } catch {
                throw .unreadable(error)
            }
            _ = try appendValue(key: key.bytes)
            count += 1
        }

        mutating func append(_ record: MetadataRecord) throws(MetadataError) {
            do throws(WireError) {
                try record.encodeAlone(into: &value)
            } catch {
                throw .unreadable(error)
            }
            let isTaken = try appendValue(key: nil)
            if !isTaken {
                try seal()
                try begin(.plain)
                _ = try appendValue(key: nil)
            }
            count += 1
        }

        /// - Returns: false when the batch is full.
        private mutating func appendValue(key: RawSpan?) throws(MetadataError) -> Bool {
            try Self.append(key: key, value, at: now, to: &builder)
        }

        private static func append(
            key: RawSpan?, _ value: borrowing WireWriter, at now: Timestamp,
            to builder: inout RecordBatchBuilder
        ) throws(MetadataError) -> Bool {
            do throws(BatchBuildError) {
                let outcome = try builder.append(
                    key: key, value: value.buffer.bytes, timestamp: now)
                return outcome != .full
            } catch {
                throw .damaged("\(error)")
            }
        }
    }
}
