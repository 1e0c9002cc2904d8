import Testing
import VarveBytes
import VarveLog
import VarveRecords
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("Produce")
struct ProduceHandlerTests {
    typealias Row = SentBatch.Row

    /// The time of the scene's broker, in milliseconds.
    private static let now: Int64 = 1_795_253_504_484

    /// What lies in a partition, batch by batch.
    private func stored(
        _ scene: BrokerScene, _ topic: String, _ partition: Int32 = 0
    ) throws -> [[UInt8]] {
        let request = FetchRequest(
            maxBytes: 1 << 26,
            topics: [
                .init(
                    topic: topic,
                    partitions: [.init(partition: partition, partitionMaxBytes: 1 << 26)])
            ])
        let reply = try scene.ask(request, 12, for: FetchResponse.self)
        let data = try #require(reply.message.responses.first?.partitions.first)
        #expect(data.errorCode == .none)
        var rest = Array(reply.frame[(data.records ?? RecordsSlice()).range])
        var batches: [[UInt8]] = []
        while let header = BatchHeader(rest.rawSpan) {
            batches.append(Array(rest.prefix(header.sizeInBytes)))
            rest.removeFirst(header.sizeInBytes)
        }
        return batches
    }

    private func header(_ batch: [UInt8]) throws -> BatchHeader {
        try BatchCheck.frame(batch.rawSpan)
    }

    /// A batch with some of its header's bytes changed and its checksum right again.
    private func patched(
        _ batch: [UInt8], _ change: (inout MutableRawSpan) -> Void
    ) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.append(batch)
        var bytes = buffer.mutableBytes
        change(&bytes)
        let crc = CRC32C.checksum(
            bytes.bytes.extracting(BatchLayout.checksummedFrom..<batch.count))
        bytes.store(crc, at: BatchLayout.crc.start)
        return buffer.bytes.array()
    }

    // MARK: Errors

    @Test("a batch larger than the topic allows is refused before anything else of it is read")
    func tooLarge() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t", ["max.message.bytes": "500"])
        let large = try SentBatch.make(String(repeating: "x", count: 600))
        let answer = try scene.produce(large, to: "t")
        #expect(answer.errorCode == .messageTooLarge && answer.logStartOffset == -1)
        var damaged = large
        damaged[300] ^= 1
        #expect(try scene.produce(damaged, to: "t").errorCode == .messageTooLarge)
        #expect(try stored(scene, "t").isEmpty)
    }

    @Test("a batch that another codec makes larger than the topic allows is refused")
    func tooLargeConverted() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic(
            "t", ["max.message.bytes": "500", "compression.type": "uncompressed"])
        let small = try SentBatch.make([Row(nil, String(repeating: "x", count: 600))], .gzip)
        #expect(small.count < 200)
        #expect(try scene.produce(small, to: "t").errorCode == .messageTooLarge)
        #expect(try stored(scene, "t").isEmpty)
    }

    @Test("bytes behind the batch are passed over, but not a header that cannot be")
    func trailingBytes() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t")
        let batch = try SentBatch.make("x")
        let zeros = { (count: Int) in [UInt8](repeating: 0, count: count) }
        #expect(try scene.produce(batch + zeros(11), to: "t").errorCode == .none)
        #expect(try scene.produce(batch + zeros(12), to: "t").errorCode == .corruptMessage)
        #expect(try scene.produce(batch + batch, to: "t").errorCode == .invalidRecord)
        #expect(try scene.produce(batch + batch.dropLast(), to: "t").errorCode == .none)
        #expect(try stored(scene, "t").count == 2)
    }

    @Test("each record with a time too far from the broker's is named")
    func times() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic(
            "t",
            [
                "message.timestamp.after.max.ms": "60000",
                "message.timestamp.before.max.ms": "3600000",
            ])
        let hour: Int64 = 3_600_000
        let rows = [
            Row("a", "1", at: Self.now), Row("b", "2", at: Self.now + hour),
            Row("c", "3", at: Self.now - 2 * hour), Row("d", "4", at: -1),
        ]
        for codec in [Codec.none, .zstd] {
            let answer = try scene.produce(SentBatch.make(rows, codec), to: "t")
            #expect(answer.errorCode == .invalidTimestamp && answer.logStartOffset == 0)
            #expect(answer.recordErrors.map(\.batchIndex) == [1, 2])
            let complaint = answer.recordErrors.first?.batchIndexErrorMessage ?? ""
            #expect(complaint.contains("with offset 1 is out of range"))
        }
        #expect(try stored(scene, "t").isEmpty)
    }

    @Test("of a compacted topic, records without keys are named, and times go before keys")
    func keys() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t", ["cleanup.policy": "compact"])
        let rows = [Row("a", "1"), Row(nil, "2"), Row(nil, nil)]
        let answer = try scene.produce(SentBatch.make(rows), to: "t")
        #expect(answer.errorCode == .invalidRecord)
        #expect(answer.recordErrors.map(\.batchIndex) == [1, 2])
        let late = try SentBatch.make(rows + [Row("d", "4", at: Self.now + 8_000_000)])
        let both = try scene.produce(late, to: "t")
        #expect(both.errorCode == .invalidTimestamp)
        #expect(both.recordErrors.map(\.batchIndex) == [1, 2, 3])
    }

    @Test("the broker's mark on a time is refused where the broker sets the time")
    func markedTimes() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t", ["message.timestamp.type": "LogAppendTime"])
        let marked = patched(try SentBatch.make([Row("k0", "v0"), Row("k1", nil)])) {
            $0.store(Int16(0x08), at: BatchLayout.attributes.start)
        }
        let answer = try scene.produce(marked, to: "t")
        #expect(answer.errorCode == .invalidTimestamp && answer.recordErrors.count == 2)
        #expect(
            answer.recordErrors.last?.batchIndexErrorMessage
                == "Invalid timestamp type in message DefaultRecord(offset=1, "
                + "timestamp=1795253491000, key=2 bytes, value=0 bytes). Producer should not set "
                + "timestamp type to LogAppendTime.")
    }

    @Test("compressed records that do not count from 0 are refused")
    func uncountedCompressed() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t")
        var builder = RecordBatchBuilder()
        var settings = BatchSettings()
        settings.compression = .gzip
        builder.begin(settings)
        let value = Array("x".utf8)
        for delta in [0, 2] as [Int32] {
            _ = try builder.append(
                key: nil, value: value.rawSpan, timestamp: Timestamp(milliseconds: Self.now),
                offsetDelta: delta)
        }
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        let batch = patched(output.bytes.array()) {
            $0.store(Int32(1), at: BatchLayout.lastOffsetDelta.start)
        }
        #expect(try scene.produce(batch, to: "t").errorCode == .invalidRecord)
    }

    // MARK: What is put right

    @Test("records that do not count from 0 are counted, and nothing else of them changes")
    func uncounted() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t")
        let rows = [Row("a", "1"), Row("b", "2"), Row("c", "3")]
        // The delta of a record stands behind its length, its attributes and its time.
        let sent = try SentBatch.make(rows)
        let size = 9
        for deltas in [[0, 4, 2], [0, 0, 0], [2, 4, 6], [0, 4, 6]] as [[UInt8]] {
            let batch = patched(sent) { bytes in
                for (place, delta) in deltas.enumerated() {
                    bytes.store(delta, at: BatchLayout.headerSize + place * size + 3)
                }
            }
            #expect(batch != sent)
            #expect(try scene.produce(batch, to: "t").errorCode == .none)
        }
        let batches = try stored(scene, "t")
        #expect(batches.count == 4)
        for batch in batches {
            #expect(try SentBatch.rows(of: batch) == rows)
            #expect(
                batch.dropFirst(BatchLayout.headerSize) == sent.dropFirst(BatchLayout.headerSize))
        }
        #expect(try batches.map { try header($0).baseOffset } == [0, 3, 6, 9])
    }

    @Test("a wrong largest time is put right, and the broker's mark on times goes")
    func wrongTimes() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t")
        let rows = [Row("a", "1", at: Self.now - 5), Row("b", "2", at: Self.now - 9)]
        for codec in [Codec.none, .snappy] {
            let sent = try SentBatch.make(rows, codec)
            let late = patched(sent) {
                $0.store(Self.now - 1, at: BatchLayout.maxTimestamp.start)
            }
            let marked = patched(late) {
                $0.store(Int16(codec.rawValue) | 0x08, at: BatchLayout.attributes.start)
            }
            #expect(try scene.produce(late, to: "t").errorCode == .none)
            #expect(try scene.produce(marked, to: "t").errorCode == .none)
        }
        let batches = try stored(scene, "t")
        #expect(batches.count == 4)
        for batch in batches {
            let header = try header(batch)
            #expect(header.maxTimestamp == Self.now - 5 && header.timestampType == .create)
            #expect(try SentBatch.rows(of: batch) == rows)
        }
    }

    // MARK: compression.type

    @Test(
        "a batch of another codec gets the topic's, and keeps all else",
        arguments: ["gzip", "snappy", "lz4", "zstd", "uncompressed"])
    func conversion(_ name: String) throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t", ["compression.type": name])
        let rows = [
            Row("a", "1", at: Self.now - 20), Row(nil, nil, at: Self.now - 30),
            Row("", "3", at: -1),
        ]
        let codecs: [Codec] = [.none, .gzip, .snappy, .lz4, .zstd]
        for (place, codec) in codecs.enumerated() {
            let producer = ProducerStamp(id: 70, epoch: 2, baseSequence: Int32(3 * place))
            let sent = try SentBatch.make(rows, codec, producer: producer)
            let answer = try scene.produce(sent, to: "t")
            #expect(answer.errorCode == .none && answer.baseOffset == Int64(3 * place))
            // Sent again, it is known again.
            let again = try scene.produce(sent, to: "t")
            #expect(again.errorCode == .none && again.baseOffset == answer.baseOffset)
        }
        let target = name == "uncompressed" ? Codec.none : Codec(name: name)
        for (place, batch) in try stored(scene, "t").enumerated() {
            let header = try header(batch)
            #expect(header.attributes.codec == target)
            #expect(header.producerId == 70 && header.producerEpoch == 2)
            #expect(header.baseSequence == Int32(3 * place) && header.recordsCount == 3)
            #expect(header.maxTimestamp == Self.now - 20)
            #expect(try SentBatch.rows(of: batch) == rows)
        }
        #expect(scene.broker.partitions["t", 0]?.log.ends.written == Offset(15))
    }

    @Test("a batch of the topic's codec, or of a topic without one, is stored as it was sent")
    func verbatim() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("gzip", ["compression.type": "gzip"])
        try scene.makeTopic("any")
        let sent = try SentBatch.make([Row("a", "1"), Row("b", "2")], .gzip)
        for topic in ["gzip", "any"] {
            #expect(try scene.produce(sent, to: topic).errorCode == .none)
            let batch = try #require(try stored(scene, topic).first)
            // Offset and epoch come from the broker.
            #expect(batch[16...] == sent[16...])
        }
    }

    @Test("headers of records survive another codec")
    func headers() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t", ["compression.type": "zstd"])
        var headers = HeaderList()
        let bytes = Array("v".utf8)
        headers.append(key: bytes.rawSpan, value: bytes.rawSpan)
        headers.append(key: bytes.rawSpan, value: nil)
        var builder = RecordBatchBuilder()
        builder.begin()
        _ = try builder.append(
            key: nil, value: bytes.rawSpan, headers: headers,
            timestamp: Timestamp(milliseconds: Self.now))
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        #expect(try scene.produce(output.bytes.array(), to: "t").errorCode == .none)
        let batch = try #require(try stored(scene, "t").first)
        var found: [[UInt8]] = []
        var scanner = RecordScanner()
        try scanner.forEachRecord(in: batch.rawSpan) { found.append($0.headerBytes.array()) }
        // Each a key and a value with their lengths, doubled; none is −1.
        let text = UInt8(ascii: "v")
        #expect(found == [[2, text, 2, text, 2, text, 1]])
        #expect(try header(batch).attributes.codec == .zstd)
    }

    @Test("with another codec and append time, records have the broker's time")
    func appendTime() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic(
            "t", ["compression.type": "lz4", "message.timestamp.type": "LogAppendTime"])
        let answer = try scene.produce(SentBatch.make([Row("a", "1", at: 5)]), to: "t")
        #expect(answer.errorCode == .none && answer.logAppendTimeMs >= Self.now)
        let header = try header(try #require(try stored(scene, "t").first))
        #expect(header.maxTimestamp == answer.logAppendTimeMs)
        #expect(header.timestampType == .logAppend && header.attributes.codec == .lz4)
    }

    @Test("a codec that a topic gets later is that of later batches")
    func changed() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t")
        _ = try scene.produce(SentBatch.make("a"), to: "t")
        let change = IncrementalAlterConfigsRequest(resources: [
            .init(
                resourceType: 2, resourceName: "t",
                configs: [.init(name: "compression.type", configOperation: 0, value: "gzip")])
        ])
        _ = try scene.ask(change, 1, for: IncrementalAlterConfigsResponse.self)
        _ = try scene.produce(SentBatch.make("b"), to: "t")
        let codecs = try stored(scene, "t").map { try header($0).attributes.codec }
        #expect(codecs == [Codec.none, .gzip])
    }

    // MARK: What is named twice

    @Test("of a partition that is named twice only the last batch counts, and is answered once")
    func namedTwice() throws {
        let scene = try BrokerScene.now()
        try scene.makeTopic("t", partitions: 2)
        let batches = try ["a", "b", "c"].map { try SentBatch.make($0) }
        let bytes = batches.flatMap { $0 }
        let size = batches[0].count
        let slices = (0..<3).map { RecordsSlice(start: $0 * size, count: size) }
        let request = ProduceRequest(
            acks: -1, timeoutMs: 1000,
            topicData: [
                .init(name: "t", partitionData: [.init(index: 0, records: slices[0])]),
                .init(name: "empty", partitionData: []),
                .init(
                    name: "t",
                    partitionData: [
                        .init(index: 1, records: slices[1]), .init(index: 0, records: slices[2]),
                    ]),
            ])
        let answer = try scene.ask(
            request, 12, records: bytes, for: ProduceResponse.self
        ).message
        #expect(answer.responses.map(\.name) == ["t"])
        let rows = answer.responses[0].partitionResponses
        #expect(rows.map(\.index) == [0, 1] && rows.map(\.baseOffset) == [0, 0])
        let values = try (0..<2).map { partition in
            try stored(scene, "t", partition).flatMap { try SentBatch.rows(of: $0).map(\.value) }
        }
        #expect(values == [["c"], ["b"]])
    }
}
