import Testing
import VarveBytes
import VarveRecords
import VarveTerms

@Suite struct RecordBatchBuilderTests {
    @Test("two records make the very bytes that Kafka makes")
    func golden() throws {
        var builder = RecordBatchBuilder()
        builder.begin()
        let key = Array("key".utf8)
        let value = Array("valuevaluevaluevaluevalue".utf8)
        _ = try builder.append(
            key: key.rawSpan, value: value.rawSpan,
            timestamp: Timestamp(milliseconds: Golden.timestamp))
        _ = try builder.append(
            key: key.rawSpan, value: nil,
            timestamp: Timestamp(milliseconds: Golden.timestamp + 1))
        let sizeBefore = builder.estimatedSize
        var output = ByteBuffer()
        let header = try builder.finish(with: Compressor(), into: &output)
        #expect(output.bytes.array() == Golden.none)
        #expect(sizeBefore == ByteCount(Golden.none.count))
        let checked = try BatchCheck.frame(output.bytes)
        #expect(checked == header)
    }
}
