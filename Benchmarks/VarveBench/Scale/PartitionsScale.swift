internal import CBench
internal import VarveLinux
internal import VarveWire

/// A broker with so many partitions, in topics of a thousand. Nothing waits for the disk.
final class PartitionsScale {
    private let bench: Workbench
    private let count: Int
    private let folder: String
    private let produced: RequestFrames

    static let family = ScaleFamily(
        name: "scale.partitions", axis: "partitions of one broker", axisUnit: .count,
        curves: [
            ScaleCurve("create", "a new partition, by CreateTopics", .seconds),
            ScaleCurve("start", "a start after a clean stop, for each partition", .seconds),
            ScaleCurve("stop", "a clean stop, for each partition", .seconds),
            ScaleCurve("metadata", "the answer to Metadata of all topics, per partition", .seconds),
            ScaleCurve("metadata-1", "the answer to Metadata of one topic", .seconds),
            ScaleCurve("produce", "a record to one of four partitions, one at a time", .seconds),
            ScaleCurve("delete", "a partition, by DeleteTopics", .seconds),
            ScaleCurve("heap-open", "memory lent out for a partition just made", .bytes),
            ScaleCurve("heap-rest", "the same after a start, with nothing used", .bytes),
            ScaleCurve("resident", "resident memory for a partition after a start", .bytes),
            ScaleCurve("descriptors", "descriptors for all, after they were made", .count),
        ],
        sizes: [1, 10, 100, 1000, 10_000, 100_000], quickMax: 10_000, smokeMax: 10
    ) { bench, count, notes in
        try PartitionsScale(bench, count).measure(&notes)
    }

    private init(_ bench: Workbench, _ count: Int) throws {
        (self.bench, self.count) = (bench, count)
        folder = try bench.makeFolder()
        produced = try RequestFrames.produce(
            RequestFrames.Batches(recordsEach: 1, partitions: 4), count: 16,
            seed: bench.options.seed)
    }

    private func start() throws -> ServedBroker {
        LinuxProcess.raiseDescriptorLimit()
        return try ServedBroker(
            bench, in: folder, ["varve.flush.policy": "page-cache"], on: bench.unflushed)
    }

    /// The topics that the partitions are in, with how many each has.
    private var topics: [(name: String, partitions: Int)] {
        stride(from: 0, to: count, by: 1000).map {
            ("many-\($0 / 1000)", min(1000, count - $0))
        }
    }

    private func measure(_ notes: inout ScaleNotes) throws {
        let empty = try ProcessFootprint(in: bench.fileSystem)
        try make(&notes)
        var result: ServedBroker?
        let before = try ProcessFootprint(in: bench.fileSystem)
        try notes.time("start", per: count) { result = try start() }
        guard let broker = result else { return }
        let resting = try ProcessFootprint(in: bench.fileSystem)
        notes.note("heap-rest", Double(max(resting.heap - before.heap, 0)) / Double(count))
        // What the first life left in the allocator counts as well.
        notes.note("resident", Double(max(resting.resident - empty.resident, 0)) / Double(count))
        do {
            let crew = try ClientCrew(port: broker.port, count: 1)
            try ask(crew, &notes)
            try produce(to: broker.port, &notes)
            try delete(crew, &notes)
        }
        try broker.end()
    }

    private func make(_ notes: inout ScaleNotes) throws {
        let broker = try start()
        do {
            let crew = try ClientCrew(port: broker.port, count: 1)
            try crew.makeTopic(RequestFrames.topic, partitions: 4)
            let before = try ProcessFootprint(in: bench.fileSystem)
            try notes.time("create", per: count) {
                for topic in topics {
                    try bench.checkStop()
                    try crew.makeTopic(topic.name, partitions: topic.partitions)
                }
            }
            let after = try ProcessFootprint(in: bench.fileSystem)
            notes.note("heap-open", Double(max(after.heap - before.heap, 0)) / Double(count))
            notes.note("descriptors", Double(max(after.descriptors - before.descriptors, 0)))
        }
        try notes.time("stop", per: count) { try broker.end() }
    }

    private func ask(_ crew: ClientCrew, _ notes: inout ScaleNotes) throws {
        var all = MetadataRequest()
        all.topics = nil
        let whole = try RequestFrame.make(all, version: 8)
        let wholeCount = max(2, bench.scaled(50_000, smoke: 20) / count)
        try notes.time("metadata", per: wholeCount * count) {
            for _ in 0..<wholeCount { _ = try crew.ask(whole) }
        }
        all.topics = [.init(name: RequestFrames.topic)]
        let one = try RequestFrame.make(all, version: 8)
        let oneCount = bench.scaled(10_000, smoke: 20)
        try notes.time("metadata-1", per: oneCount) {
            for _ in 0..<oneCount { _ = try crew.ask(one) }
        }
    }

    private func produce(to port: UInt16, _ notes: inout ScaleNotes) throws {
        let requestCount = bench.scaled(10_000, smoke: 20)
        var acked: UInt64 = 0
        // The logs are opened by the first requests.
        try unsafe produced.lend { unsafe bench_produce(port, $0, 16, 1, &acked) }
        try notes.time("produce", per: requestCount) {
            try unsafe produced.lend {
                unsafe bench_produce(port, $0, Int64(requestCount), 1, &acked)
            }
        }
    }

    /// Deletes some topics, one after the other.
    private func delete(_ crew: ClientCrew, _ notes: inout ScaleNotes) throws {
        let doomed = topics.prefix(2)
        let doomedCount = doomed.reduce(0) { $0 + $1.partitions }
        try notes.time("delete", per: doomedCount) {
            for topic in doomed { try crew.deleteTopic(topic.name) }
        }
    }
}

extension ClientCrew {
    fileprivate func deleteTopic(_ name: String) throws {
        var request = DeleteTopicsRequest()
        (request.topicNames, request.timeoutMs) = ([name], 60_000)
        let frame = try ask(try RequestFrame.make(request, version: 4))
        let answer = try RequestFrame.answer(frame, version: 4, as: DeleteTopicsResponse.self)
        try RequestFrame.check(answer.responses.first?.errorCode, of: "DeleteTopics")
    }
}
