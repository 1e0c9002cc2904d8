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
}
