import Testing
import VarveBytes
import VarveTerms

@testable import VarveWire

@Suite("WireWriter")
struct WireWriterTests {
    @Test("a request frame is answered with records spliced in")
    func exchange() throws {
        var client = WireWriter()
        let topic = UniqueID(high: 1, low: 2)
        let header = RequestHeader(
            requestApiKey: 1, requestApiVersion: 16, correlationId: 7, clientId: "c")
        try header.encode(
            into: &client, version: APIKey.fetch.requestHeaderVersion(for: 16))
        try FetchRequest(topics: [.init(topicId: topic, partitions: [.init(partition: 3)])])
            .encode(into: &client, version: 16)
        let nothing: [UInt8] = []
        let frame = client.joined(with: nothing.rawSpan)

        var reader = WireReader(frame.rawSpan)
        let seen = try RequestHeader(decoding: &reader)
        #expect(seen == header)
        #expect(seen.api == .fetch)
        let request = try FetchRequest(decoding: &reader, version: seen.requestApiVersion)
        try reader.finish()
        #expect(request.topics[0].topicId == topic)

        let records: [UInt8] = [1, 2, 3, 4, 5]
        let partition = FetchResponse.PartitionData(
            partitionIndex: 3, errorCode: .none, highWatermark: 9,
            records: RecordsSlice(start: 1, count: 3))
        let response = FetchResponse(responses: [.init(topicId: topic, partitions: [partition])])
        var writer = WireWriter()
        let start = writer.beginFrame()
        try ResponseHeader(correlationId: 7).encode(
            into: &writer, version: APIKey.fetch.responseHeaderVersion(for: 16))
        try response.encode(into: &writer, version: 16)
        try writer.endFrame(start)

        #expect(writer.splices.map(\.slice) == [RecordsSlice(start: 1, count: 3)])
        let sent = writer.joined(with: records.rawSpan)
        #expect(sent.count == writer.count)
        #expect(Int(sent.rawSpan.int32(at: 0)) == sent.count - 4)
        var answer = WireReader(sent.rawSpan.extracting(4..<sent.count))
        _ = try ResponseHeader(decoding: &answer, version: 1)
        let again = try FetchResponse(decoding: &answer, version: 16)
        let slice = try #require(again.responses[0].partitions[0].records)
        #expect(Array(sent.dropFirst(4).dropFirst(slice.start).prefix(slice.count)) == [2, 3, 4])
    }

    private func problem(
        _ message: some WireMessage, _ version: Int16
    ) -> WireError.Problem? {
        var writer = WireWriter()
        writer.buffer.append(UInt8(9))
        do throws(WireError) {
            try message.encode(into: &writer, version: version)
            return nil
        } catch {
            #expect(writer.buffer.bytes.array() == [9], "a message that failed left bytes")
            #expect(writer.splices.isEmpty)
            return error.problem
        }
    }

    @Test("a value that the version cannot tell is refused unless it is ignorable")
    func absentFields() {
        #expect(problem(FetchRequest(replicaId: 1), 15) == .fieldNotInVersion(15))
        #expect(problem(FetchRequest(replicaId: 1), 14) == nil)
        #expect(problem(FetchRequest(rackId: "r"), 4) == nil)
        #expect(
            problem(FetchRequest(replicaState: .init(replicaId: 1)), 14) == .fieldNotInVersion(14))
    }

    @Test("null and lengths that cannot be told are refused")
    func limits() {
        #expect(problem(MetadataRequest(topics: nil), 0) == .nullNotAllowed)
        let long = String(repeating: "a", count: 32768)
        #expect(problem(SaslHandshakeRequest(mechanism: long), 1) == .tooLong(32768))
        #expect(problem(ApiVersionsRequest(clientSoftwareName: long), 3) == .tooLong(32768))
        let huge = RecordsSlice(start: 0, count: 1 << 31)
        let partition = ProduceRequest.PartitionProduceData(index: 0, records: huge)
        let topic = ProduceRequest.TopicProduceData(partitionData: [partition])
        #expect(problem(ProduceRequest(topicData: [topic, topic]), 9) == .tooLong(1 << 31))
        #expect(problem(ProduceRequest(), 14) == .unsupportedVersion(14))
    }

    @Test("a frame counts the records that are spliced into it")
    func frameSizes() throws {
        let half = RecordsSlice(start: 0, count: (1 << 30) + 1)
        let partition = ProduceRequest.PartitionProduceData(index: 0, records: half)
        let topic = ProduceRequest.TopicProduceData(partitionData: [partition, partition])
        var writer = WireWriter()
        let start = writer.beginFrame()
        try ProduceRequest(topicData: [topic]).encode(into: &writer, version: 9)
        #expect(throws: WireError.self) { try writer.endFrame(start) }

        writer.removeAll()
        for count in [5, 7] {
            let start = writer.beginFrame()
            let records = RecordsSlice(start: 0, count: count)
            let partition = ProduceRequest.PartitionProduceData(index: 0, records: records)
            try ProduceRequest(topicData: [.init(partitionData: [partition])])
                .encode(into: &writer, version: 9)
            try writer.endFrame(start)
        }
        let zeros = [UInt8](repeating: 0, count: 7)
        let all = writer.joined(with: zeros.rawSpan)
        let first = Int(all.rawSpan.int32(at: 0))
        #expect(first + Int(all.rawSpan.int32(at: first + 4)) + 8 == all.count)
        #expect(writer.count == all.count)
    }

    @Test("tagged fields of any size and number are written as they are read")
    func longTags() throws {
        for size in [0, 1, 100, 126, 127, 128, 129, 16_383, 16_384, 20_000] {
            let nodes = [FetchResponse.NodeEndpoint(nodeId: 1, host: "", port: 2, rack: nil)]
            var response = FetchResponse(nodeEndpoints: nodes)
            response.nodeEndpoints[0].host = String(repeating: "h", count: size)
            response.unknownTags = (0..<UInt32(size)).map { UnknownTag(tag: 10 + $0, bytes: [1]) }
            var writer = WireWriter()
            try response.encode(into: &writer, version: 18)
            var reader = WireReader(writer.buffer.bytes, budget: 10 << 20)
            let again = try FetchResponse(decoding: &reader, version: 18)
            try reader.finish()
            #expect(again == response)
        }
    }

    @Test("records in a tagged field count towards its size and move with its bytes")
    func taggedRecords() throws {
        var writer = WireWriter()
        try writer.begin(FetchResponse.schema, version: 12)
        var tags = writer.beginTags()
        writer.begin(0, &tags)
        writer.int8(7)
        try writer.records(RecordsSlice(start: 0, count: 200), "records")
        writer.end(&tags)
        try writer.endTags(tags, [])
        // One field, tag 0, 203 bytes of it: 7, the length 201 in two bytes, the records.
        let source = [UInt8](repeating: 9, count: 200)
        #expect(writer.joined(with: source.rawSpan) == [1, 0, 203, 1, 7, 201, 1] + source)
    }
}
