import Testing
import VarveBytes
import VarveRecords
import VarveTerms

@Suite struct RecordBatchBuilderTests {
    private static func time(_ milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds)
    }

    private static func failure(
        _ body: () throws(BatchBuildError) -> Void
    ) -> BatchBuildError? {
        do throws(BatchBuildError) {
            try body()
            return nil
        } catch { return error }
    }

    @Test("a batch of no record is not finished, and the output stays as it was")
    func empty() {
        for compression in [Compression.none, .gzip] {
            var builder = RecordBatchBuilder()
            var settings = BatchSettings()
            settings.compression = compression
            builder.begin(settings)
            var output = ByteBuffer()
            output.append([1])
            let error = Self.failure { () throws(BatchBuildError) in
                _ = try builder.finish(with: Compressor(), into: &output)
            }
            #expect(error == .empty)
            #expect(output.bytes.array() == [1])
        }
    }

    @Test("a record that does not fit the format is refused, and the batch is as it was")
    func refusals() throws {
        var builder = RecordBatchBuilder()
        var settings = BatchSettings()
        settings.baseOffset = Offset(.max - 3)
        builder.begin(settings)
        let first = try builder.append(Record(value: [1], timestamp: Self.time(-2)), now: .none)
        #expect(first == .appended(offsetDelta: 0))
        let size = builder.estimatedSize
        func refusal(_ delta: Int32?, _ time: Int64 = 0) -> BatchBuildError? {
            Self.failure { () throws(BatchBuildError) in
                let record = Record(value: nil, timestamp: Self.time(time))
                _ = try builder.append(record, now: .none, offsetDelta: delta)
            }
        }
        #expect(refusal(0) == .offsetDelta(0, after: 0))
        #expect(refusal(-1) == .offsetDelta(-1, after: 0))
        #expect(refusal(4) == .offsetOverflow)
        #expect(refusal(.max) == .offsetOverflow)
        #expect(refusal(1, .max) == .timestampOverflow(base: -2, timestamp: .max))
        #expect(builder.estimatedSize == size)
        #expect(builder.count == 1)
        #expect(refusal(3, .max - 2) == nil)
        #expect(refusal(nil) == .offsetOverflow)
    }

    @Test("the largest offset delta is the last")
    func deltaMax() {
        var builder = RecordBatchBuilder()
        builder.begin()
        func append(_ delta: Int32?) -> BatchBuildError? {
            Self.failure { () throws(BatchBuildError) in
                _ = try builder.append(Record(value: nil), now: .none, offsetDelta: delta)
            }
        }
        #expect(append(.max) == nil)
        #expect(append(nil) == .offsetOverflow)
        #expect(append(.max) == .offsetOverflow)
    }

    @Test("two records make the very bytes that Kafka makes")
    func golden() throws {
        var builder = RecordBatchBuilder()
        builder.begin()
        let key = Array("key".utf8)
        let value = Array("valuevaluevaluevaluevalue".utf8)
        _ = try builder.append(
            key: key.rawSpan, value: value.rawSpan, timestamp: Self.time(Golden.timestamp))
        _ = try builder.append(
            key: key.rawSpan, value: nil, timestamp: Self.time(Golden.timestamp + 1))
        let sizeBefore = builder.estimatedSize
        var output = ByteBuffer()
        let header = try builder.finish(with: Compressor(), into: &output)
        #expect(output.bytes.array() == Golden.none)
        #expect(sizeBefore == ByteCount(Golden.none.count))
        #expect(header == RawBatch.header(of: Golden.none))
        #expect(try builder.seal() == header)
        #expect(builder.sealedBytes.array() == Golden.none)
    }

    @Test("a COMMIT marker has the very bytes that Kafka writes; an ABORT differs in its type")
    func marker() throws {
        var builder = RecordBatchBuilder()
        func marker(_ outcome: TransactionOutcome) throws -> [UInt8] {
            try builder.beginMarker(
                outcome, of: ProducerStamp(id: 7, epoch: 1, baseSequence: 55),
                marker: EndTransactionMarker(coordinatorEpoch: 9), at: Offset(100),
                leaderEpoch: LeaderEpoch(5), timestamp: Self.time(Golden.timestamp))
            _ = try builder.seal()
            return builder.sealedBytes.array()
        }
        #expect(try marker(.commit) == Golden.commitMarker)
        let abort = try marker(.abort)
        #expect(try records(of: abort).first?.key == [0, 0, 0, 0])
        #expect(deepDefect(abort) == nil)
    }

    @Test("a batch at its size limit takes no more, but always one record")
    func full() throws {
        var builder = RecordBatchBuilder()
        var settings = BatchSettings()
        settings.sizeMax = ByteCount(61 + 2 * 8)
        builder.begin(settings)
        let record = Record(value: [1])
        #expect(try builder.append(record, now: .none) == .appended(offsetDelta: 0))
        #expect(try builder.append(record, now: .none) == .appended(offsetDelta: 1))
        #expect(try builder.append(record, now: .none) == .full)
        #expect(builder.count == 2)
        #expect(builder.estimatedSize == settings.sizeMax)
        settings.sizeMax = .zero
        builder.begin(settings)
        #expect(try builder.append(record, now: .none) == .appended(offsetDelta: 0))
        #expect(try builder.append(record, now: .none) == .full)
    }

    @Test("settings show in the header, and the next batch starts afresh")
    func settings() throws {
        var builder = RecordBatchBuilder()
        var settings = BatchSettings()
        settings.baseOffset = Offset(1000)
        settings.leaderEpoch = LeaderEpoch(3)
        settings.time = .logAppend(Self.time(88))
        settings.kind = .transactional
        settings.producer = ProducerStamp(id: 4, epoch: 2, baseSequence: 17)
        settings.deleteHorizon = Self.time(50)
        builder.begin(settings)
        _ = try builder.append(Record(value: nil, timestamp: Self.time(40)), now: .none)
        builder.cover(throughOffsetDelta: 9)
        let header = try builder.seal()
        #expect(header.baseOffset == 1000)
        #expect(header.lastOffset == 1009)
        #expect(header.partitionLeaderEpoch == 3)
        #expect(header.attributes.rawValue == 0x58)
        #expect(header.baseTimestamp == 50)
        #expect(header.maxTimestamp == 88)
        #expect(header.producerId == 4)
        #expect(header.producerEpoch == 2)
        #expect(header.baseSequence == 17)
        builder.begin()
        #expect(builder.count == 0)
        #expect(builder.nextOffsetDelta == 0)
        _ = try builder.append(Record(value: nil), now: Self.time(7))
        let next = try builder.seal()
        #expect(next.maxTimestamp == 7)
        #expect(next.baseTimestamp == 7)
        #expect(next.lastOffsetDelta == 0)
        #expect(next.producerId == -1)
    }

    @Test("headers from a list and from an owned record make the same bytes")
    func headers() throws {
        let headers = [RecordHeader("a", [1, 2]), RecordHeader("b", nil), RecordHeader("", [])]
        var builder = RecordBatchBuilder()
        builder.begin()
        _ = try builder.append(Record(value: [5], headers: headers), now: .none)
        _ = try builder.seal()
        let owned = builder.sealedBytes.array()
        var list = HeaderList()
        list.append(RecordHeader("gone", nil))
        list.removeAll()
        for header in headers { list.append(header) }
        #expect(list.count == 3)
        builder.begin()
        let value: [UInt8] = [5]
        _ = try builder.append(key: nil, value: value.rawSpan, headers: list, timestamp: .none)
        _ = try builder.seal()
        #expect(builder.sealedBytes.array() == owned)
        #expect(try records(of: owned).first?.headers == headers)
    }

    @Test(
        "what is built is read back, in every codec",
        arguments: [
            Compression.none, .gzip, .snappy, .lz4, .zstd,
        ])
    func roundTrip(compression: Compression) throws {
        var random = SeededGenerator()
        var builder = RecordBatchBuilder()
        let compressor = Compressor()
        var output = ByteBuffer()
        for _ in 0..<15 {
            output.removeAll()
            var settings = BatchSettings()
            settings.compression = compression
            settings.baseOffset = Offset(Int64.random(in: 0...(Int64.max - 400), using: &random))
            builder.begin(settings)
            let written = (0..<Int.random(in: 1...40, using: &random)).map { _ in
                Self.randomRecord(&random)
            }
            for record in written { _ = try builder.append(record, now: .none) }
            try builder.finish(with: compressor, into: &output)
            let bytes = output.bytes.array()
            #expect(try records(of: bytes) == written, "seed \(random.seed)")
            #expect(deepDefect(bytes, .appended) == nil, "seed \(random.seed)")
            #expect(
                RawBatch.header(of: bytes).maxTimestamp
                    == written.compactMap { $0.timestamp?.milliseconds }.max())
        }
    }

    private static func randomRecord(_ random: inout SeededGenerator) -> Record {
        func field() -> [UInt8]? {
            let sizes = [0, 1, 63, 64, 100, 8191, 8192, -1]
            let size = sizes[Int.random(in: sizes.indices, using: &random)]
            return size < 0 ? nil : random.bytes(size)
        }
        let headers = (0..<Int.random(in: 0...3, using: &random)).map { _ in
            RecordHeader(key: random.bytes(Int.random(in: 0...3, using: &random)), value: field())
        }
        // Half the range, so that no two are too far apart.
        let limit = Int64.max / 2
        return Record(
            key: field(), value: field(), headers: headers,
            timestamp: time(Int64.random(in: -limit...limit, using: &random)))
    }
}
