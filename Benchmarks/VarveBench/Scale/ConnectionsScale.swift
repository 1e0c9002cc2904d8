internal import VarveLinux
internal import VarveWire

/// A broker that so many clients are connected to.
enum ConnectionsScale {
    static let family = ScaleFamily(
        name: "scale.connections", axis: "connections of one broker", axisUnit: .count,
        curves: [
            ScaleCurve("connect", "until a client is connected", .seconds),
            ScaleCurve("request", "a Metadata request of one client, the others idle", .seconds),
            ScaleCurve("processor", "processor time for that", .seconds),
            ScaleCurve("round", "the same of all of them at once, for each", .seconds),
            ScaleCurve("heap", "memory lent out for a connection", .bytes),
            ScaleCurve("resident", "resident memory of a connection", .bytes),
            ScaleCurve("descriptors", "descriptors of the broker for all of them", .count),
        ],
        sizes: [1, 10, 100, 1000, 10_000], quickMax: 10_000, smokeMax: 10
    ) { bench, count, notes in
        try run(bench, count, &notes)
    }

    private static let version: Int16 = 8

    private static func run(_ bench: Workbench, _ count: Int, _ notes: inout ScaleNotes) throws {
        LinuxProcess.raiseDescriptorLimit()
        let broker = try ServedBroker(bench, in: try bench.makeFolder())
        do {
            let crew = try ClientCrew(port: broker.port, count: 1)
            try crew.makeTopic("asked", partitions: 1)
            var request = MetadataRequest()
            request.topics = [.init(name: "asked")]
            let frame = try RequestFrame.make(request, version: version)
            try measure(bench, count, crew, frame, port: broker.port, &notes)
        }
        try broker.end()
    }

    private static func measure(
        _ bench: Workbench, _ count: Int, _ crew: ClientCrew, _ frame: [UInt8], port: UInt16,
        _ notes: inout ScaleNotes
    ) throws {
        let before = try ProcessFootprint(in: bench.fileSystem)
        let holder = try ConnectionHolder(port: port, count: count, sending: frame)
        try notes.time("connect", per: count) { try holder.connect() }
        // Each asked once: what a connection keeps for its requests is there.
        try holder.round()
        try notes.note(
            ("heap", "resident", "descriptors"), since: before, per: count, in: bench.fileSystem)
        let requestCount = bench.scaled(20_000, smoke: 20)
        try notes.time("request", per: requestCount) {
            for _ in 0..<requestCount { _ = try crew.ask(frame) }
        }
        notes.copyProcessorTime(of: "request", to: "processor")
        let rounds = bench.scaled(40_000, smoke: 20) / count + 1
        try notes.time("round", per: rounds * count) {
            for _ in 0..<rounds { try holder.round() }
        }
        extendLifetime(holder)
    }
}
