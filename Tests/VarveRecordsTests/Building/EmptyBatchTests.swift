import Testing
import VarveBytes
import VarveRecords
import VarveTerms

@Suite struct EmptyBatchTests {
    @Test("an emptied batch keeps offsets, epoch, producer and time, in 61 bytes")
    func emptied() throws {
        var original = RawBatch([RawRecord().bytes, RawRecord(offsetDelta: 3).bytes])
        original.header.baseOffset = 40
        original.header.partitionLeaderEpoch = 6
        original.header.attributes = BatchAttributes(rawValue: 0x7B)
        original.header.lastOffsetDelta = 3
        original.header.producerId = 7
        original.header.producerEpoch = 2
        original.header.baseSequence = 11
        var output = ByteBuffer()
        output.append([9])
        let written = EmptyBatch.append(replacing: original.header, to: &output)
        let bytes = Array(output.bytes.array().dropFirst())
        #expect(bytes.count == 61)
        #expect(deepDefect(bytes) == nil)
        #expect(RawBatch.header(of: bytes) == written)
        var expected = original.header
        expected.batchLength = 49
        expected.attributes = BatchAttributes(rawValue: 0x38)
        expected.baseTimestamp = -1
        expected.recordsCount = 0
        expected.crc = written.crc
        #expect(written == expected)
        #expect(written.lastSequence == 14)
        #expect(try records(of: bytes) == [])
    }

    @Test("an emptied batch that is emptied again is the same")
    func again() {
        var output = ByteBuffer()
        let once = EmptyBatch.append(replacing: RawBatch.header(of: Golden.none), to: &output)
        let twice = EmptyBatch.append(replacing: once, to: &output)
        #expect(once == twice)
    }
}
