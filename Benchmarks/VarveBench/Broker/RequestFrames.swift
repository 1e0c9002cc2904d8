internal import CBench
internal import VarveBytes
internal import VarveRecords
internal import VarveTerms
internal import VarveWire

/// Requests that are made before anything is measured, one behind the other, as the C clients send
/// them.
struct RequestFrames: Sendable {
    static let topic = "measured"

    private let bytes: [UInt8]
    private let starts: [Int]
    /// The size of all batches in them.
    let batchSize: Int

    private init(_ frames: [[UInt8]], batchSize: Int) {
        self.batchSize = batchSize
        bytes = Array(frames.joined())
        starts = frames.reduce(into: [0]) { starts, frame in
            starts.append(starts[starts.count - 1] + frame.count)
        }
    }

    var count: Int { starts.count - 1 }

    /// What the batches of Produce requests are made of.
    struct Batches {
        var recordsEach = 250
        var valueSize = 1024
        var compression = Compression.none
        /// How many partitions they go to in turn.
        var partitions = 4
        /// Whether records hold words that a codec finds again, in place of random bytes.
        var isText = false

        static let kib = Batches()
        static let small = Batches(recordsEach: 2500, valueSize: 100)
        static let single = Batches(recordsEach: 1, partitions: 1)

        /// The same with few records where nothing is measured.
        func scaled(_ bench: Workbench) -> Batches {
            var scaled = self
            if bench.options.isSmoke { scaled.recordsEach = min(recordsEach, 8) }
            return scaled
        }
    }

    /// Produce 7 with one batch each, acknowledged by all replicas.
    static func produce(_ batches: Batches, count: Int, seed: UInt64) throws -> RequestFrames {
        var generator = SeededGenerator(seed: seed)
        var builder = RecordBatchBuilder(
            capacity: batches.recordsEach * (batches.valueSize + 32) + 128)
        let compressor = Compressor()
        var settings = BatchSettings()
        settings.compression = batches.compression
        var size = 0
        let frames = try (0..<count).map { number in
            builder.begin(settings)
            for record in 0..<batches.recordsEach {
                let value = value(batches, &generator)
                _ = try builder.append(
                    key: nil, value: value.rawSpan,
                    timestamp: Timestamp(milliseconds: 1_700_000_000_000 + Int64(record)))
            }
            var output = ByteBuffer()
            _ = try builder.finish(with: compressor, into: &output)
            let batch = output.bytes.array()
            size += batch.count
            return try produce(batch, to: number % batches.partitions)
        }
        return RequestFrames(frames, batchSize: size)
    }

    private static func produce(_ batch: [UInt8], to partition: Int) throws -> [UInt8] {
        var request = ProduceRequest()
        (request.acks, request.timeoutMs) = (-1, 30_000)
        let records = RecordsSlice(start: 0, count: batch.count)
        request.topicData = [
            .init(
                name: topic, partitionData: [.init(index: Int32(partition), records: records)])
        ]
        return try RequestFrame.make(request, version: 7, records: batch)
    }

    private static func value(_ batches: Batches, _ generator: inout SeededGenerator) -> [UInt8] {
        guard batches.isText else {
            return (0..<batches.valueSize).map { _ in
                UInt8(truncatingIfNeeded: generator.next() >> 32)
            }
        }
        let words = ["orders ", "users ", "carts ", "payments ", "took ", "GET ", "POST ", "4711 "]
        var text: [UInt8] = []
        while text.count < batches.valueSize {
            text += Array(words[Int(generator.next() >> 61)].utf8)
        }
        return Array(text.prefix(batches.valueSize))
    }

    /// Fetch 4 of one partition each, whose offset the client sets.
    static func fetch(partitions: Int) throws -> RequestFrames {
        let frames = try (0..<partitions).map { partition in
            var request = FetchRequest()
            (request.maxWaitMs, request.minBytes, request.maxBytes) = (100, 1, 8 << 20)
            var row = FetchRequest.FetchPartition()
            (row.partition, row.partitionMaxBytes) = (Int32(partition), 1 << 20)
            request.topics = [.init(topic: topic, partitions: [row])]
            return try RequestFrame.make(request, version: 4)
        }
        return RequestFrames(frames, batchSize: 0)
    }

    /// Lends them to the C clients.
    func lend(_ body: (UnsafePointer<bench_frames>) -> Int32) throws {
        let outcome = unsafe bytes.withUnsafeBytes { bytes in
            unsafe starts.withUnsafeBufferPointer { starts in
                var frames = unsafe bench_frames(
                    bytes: bytes.bindMemory(to: CChar.self).baseAddress,
                    starts: UnsafeRawPointer(starts.baseAddress)?.assumingMemoryBound(
                        to: Int.self), count: Int32(count))
                return unsafe body(&frames)
            }
        }
        guard outcome == 0 else { throw LeafError(call: "broker client", code: bench_errno()) }
    }
}
