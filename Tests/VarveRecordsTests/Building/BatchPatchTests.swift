import Testing
import VarveBytes
import VarveRecords
import VarveTerms

@Suite struct BatchPatchTests {
    @Test("a leader's stamp changes twelve bytes and leaves the checksum right")
    func stamp() throws {
        var buffer = ByteBuffer()
        buffer.append([1, 2, 3] + Golden.snappy)
        var bytes = buffer.mutableBytes
        BatchPatch.stamp(
            &bytes, at: 3, baseOffset: Offset(0x0102_0304_0506_0708), leaderEpoch: LeaderEpoch(9))
        var expected = Golden.snappy
        expected.replaceSubrange(0..<8, with: [1, 2, 3, 4, 5, 6, 7, 8])
        expected.replaceSubrange(12..<16, with: [0, 0, 0, 9])
        #expect(buffer.bytes.array() == [1, 2, 3] + expected)
        #expect(frameDefect(expected) == nil)
    }

    @Test("append time overrides every record's time, and the checksum follows")
    func appendTime() throws {
        var buffer = ByteBuffer()
        buffer.append([1] + Golden.lz4 + [2])
        var bytes = buffer.mutableBytes
        BatchPatch.setTimestamps(
            &bytes, at: 1, type: .logAppend, maxTimestamp: Timestamp(milliseconds: 5))
        let patched = Array(buffer.bytes.array()[1...Golden.lz4.count])
        #expect(buffer.bytes.array() == [1] + patched + [2])
        #expect(deepDefect(patched) == nil)
        #expect(try records(of: patched).map { $0.timestamp?.milliseconds } == [5, 5])
        let before = RawBatch.header(of: Golden.lz4)
        var header = RawBatch.header(of: patched)
        #expect(header.attributes.codec == .lz4)
        #expect(header.timestampType == .logAppend)
        header.attributes = before.attributes
        header.maxTimestamp = before.maxTimestamp
        header.crc = before.crc
        #expect(header == before)
    }

    @Test("setting what is there already changes nothing")
    func same() throws {
        var buffer = ByteBuffer()
        buffer.append(Golden.none)
        var bytes = buffer.mutableBytes
        BatchPatch.setTimestamps(
            &bytes, type: .create, maxTimestamp: Timestamp(milliseconds: Golden.timestamp + 1))
        #expect(buffer.bytes.array() == Golden.none)
    }
}
