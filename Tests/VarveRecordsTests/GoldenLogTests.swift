import Testing
import VarveBytes
import VarveRecords
import VarveTerms

/// Logs that Apache Kafka wrote, against the listing that Kafka's own reader made of them.
@Suite struct GoldenLogTests {
    @Test(
        "every batch passes the frame check and has the header that Kafka lists",
        arguments: FixtureLog.names)
    func headers(name: String) throws {
        for segment in FixtureLog(name).segments {
            var position = 0
            for listed in segment.batches {
                #expect(listed.position == position)
                let header = try BatchCheck.frame(segment.bytes.rawSpan, at: position)
                #expect(ListedBatch.fields(of: header) == listed.header)
                #expect(header.sizeInBytes == listed.size)
                position += header.sizeInBytes
            }
            #expect(position == segment.bytes.count)
        }
    }

    @Test("every record reads as Kafka lists it", arguments: FixtureLog.names)
    func records(name: String) throws {
        let decompressor = Decompressor()
        var expanded = ByteBuffer()
        for segment in FixtureLog(name).segments {
            for listed in segment.batches {
                let batch = try RecordBatchView(segment.bytes.rawSpan, at: listed.position)
                expanded.removeAll()
                try batch.expand(with: decompressor, into: &expanded, budget: .standard)
                let found = try Self.list(batch.records(in: expanded.bytes))
                #expect(found == listed.records)
                if !batch.isCompressed {
                    #expect(try Self.list(batch.records) == listed.records)
                }
            }
        }
    }

    @Test("every batch passes the deep check for stored batches", arguments: FixtureLog.names)
    func deepCheck(name: String) throws {
        var scratch = ByteBuffer()
        for segment in FixtureLog(name).segments {
            for listed in segment.batches {
                let bytes = segment.bytes.rawSpan.extracting(listed.position..<segment.bytes.count)
                let header = try BatchCheck.frame(bytes)
                let contents = try BatchCheck.records(
                    bytes, header: header, rules: .stored, decompressor: Decompressor(),
                    scratch: &scratch)
                #expect(Int(contents.recordsCount) == listed.records.count)
                #expect(contents.times?.latest.milliseconds == header.maxTimestamp)
                let nullKey = listed.records.firstIndex { $0.fields[3] == "-" }
                #expect(contents.firstNullKeyIndex.map { Int($0) } == nullKey)
            }
        }
    }

    @Test(
        "the builder makes uncompressed batches again, byte for byte",
        arguments: FixtureLog.names)
    func rebuild(name: String) throws {
        var builder = RecordBatchBuilder()
        var output = ByteBuffer()
        for segment in FixtureLog(name).segments {
            for listed in segment.batches {
                let batch = try RecordBatchView(segment.bytes.rawSpan, at: listed.position)
                guard !batch.isCompressed else { continue }
                try Self.rebuild(batch, with: &builder, into: &output)
                #expect(output.bytes.array() == batch.bytes.array(), "at \(listed.position)")
            }
        }
    }

    @Test("the builder compresses batches again to the same records", arguments: FixtureLog.names)
    func recompress(name: String) throws {
        var builder = RecordBatchBuilder()
        var expanded = ByteBuffer()
        var output = ByteBuffer()
        var again = ByteBuffer()
        for segment in FixtureLog(name).segments {
            for listed in segment.batches {
                let batch = try RecordBatchView(segment.bytes.rawSpan, at: listed.position)
                guard let codec = batch.header.attributes.codec, codec != .none else { continue }
                builder.begin(Self.settings(batch.header, .init(codec)))
                expanded.removeAll()
                try batch.expand(with: Decompressor(), into: &expanded, budget: .standard)
                try Self.copy(batch.records(in: expanded.bytes), to: &builder)
                output.removeAll()
                let header = try builder.finish(with: Compressor(), into: &output)
                let checked = try BatchCheck.frame(output.bytes)
                #expect(checked == header)
                again.removeAll()
                let built = try RecordBatchView(output.bytes)
                try built.expand(with: Decompressor(), into: &again, budget: .standard)
                #expect(again.bytes.array() == expanded.bytes.array())
            }
        }
    }

    private static func list(_ records: consuming RecordCursor) throws -> [ListedRecord] {
        var list: [ListedRecord] = []
        while let record = try records.next() { list.append(ListedRecord(record)) }
        return list
    }

    private static func rebuild(
        _ batch: borrowing RecordBatchView, with builder: inout RecordBatchBuilder,
        into output: inout ByteBuffer
    ) throws {
        builder.begin(settings(batch.header, .none))
        try copy(batch.records, to: &builder)
        builder.cover(throughOffsetDelta: batch.header.lastOffsetDelta)
        output.removeAll()
        try builder.finish(with: Compressor(), into: &output)
    }

    private static func copy(
        _ records: consuming RecordCursor, to builder: inout RecordBatchBuilder
    ) throws {
        while let record = try records.next() {
            _ = try builder.append(copying: record, offsetDelta: record.offsetDelta)
        }
    }

    /// The settings that make a batch with that header.
    private static func settings(
        _ header: BatchHeader, _ compression: Compression
    ) -> BatchSettings {
        var settings = BatchSettings()
        settings.baseOffset = Offset(header.baseOffset)
        settings.leaderEpoch = LeaderEpoch(exactly: header.partitionLeaderEpoch)
        settings.compression = compression
        if header.timestampType == .logAppend {
            settings.time = .logAppend(Timestamp(milliseconds: header.maxTimestamp))
        }
        settings.kind =
            switch (header.attributes.isTransactional, header.attributes.isControl) {
            case (false, false): .plain
            case (true, false): .transactional
            case (true, true): .transactionMarker
            case (false, true): .control
            }
        if header.producerId >= 0 {
            settings.producer = ProducerStamp(
                id: header.producerId, epoch: header.producerEpoch,
                baseSequence: header.baseSequence < 0 ? nil : header.baseSequence)
        }
        settings.deleteHorizon = header.deleteHorizon
        return settings
    }
}
