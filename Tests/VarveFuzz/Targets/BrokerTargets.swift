internal import VarveBytes
internal import VarveSim
internal import VarveTerms
internal import VarveTesting
internal import VarveTransport
internal import VarveWire

/// Requests to a broker that lives in memory, with topics, records and a group in it: it answers or
/// closes the connection, serves others afterwards, and starts again on what it has written.
enum BrokerTargets {
    static let all: [FuzzTarget] =
        BrokerScene.served.map { request($0.api, $0.versions) } + [stream]

    /// A broker with its disk takes some MiB; a request that names many partitions to make gets as
    /// many logs.
    private static let limits = FuzzLimits(
        heapBase: .mib(64), heapPerByte: 4096, milliseconds: 2_000)

    // MARK: One request

    private static func request(_ api: APIKey, _ versions: ClosedRange<Int16>) -> FuzzTarget {
        let name = "broker-" + kebab("\(api)")
        let repair: FuzzTarget.Repair = { mend(&$0, api, versions) }
        return FuzzTarget(
            name, seeds: .requestsOf(api.rawValue), limits: limits, repair: repair
        ) { input throws(FuzzFailure) in try judge(request: input.array()) }
    }

    /// Gives the frame its API back, a version that is served, and its batches their checksums.
    private static func mend(
        _ frame: inout [UInt8], _ api: APIKey, _ versions: ClosedRange<Int16>
    ) {
        guard frame.count >= 4 else { return }
        store(api.rawValue, in: &frame, at: 0)
        let version = frame.rawSpan.int16(at: 2)
        if !versions.contains(version) {
            let wanted = Int(UInt16(bitPattern: version)) % versions.count
            store(versions.lowerBound + Int16(wanted), in: &frame, at: 2)
        }
        guard let produce = produced(by: frame) else { return }
        for data in produce.topicData.flatMap(\.partitionData) {
            guard let range = data.records?.range else { continue }
            var batches = Array(frame[range])
            Stamps.batches(&batches)
            frame.replaceSubrange(range, with: batches)
        }
    }

    private static func store(_ number: Int16, in frame: inout [UInt8], at place: Int) {
        frame[place] = UInt8(truncatingIfNeeded: number >> 8)
        frame[place + 1] = UInt8(truncatingIfNeeded: number)
    }

    /// The frame as a Produce request; nil when it is none.
    private static func produced(by frame: [UInt8]) -> ProduceRequest? {
        var reader = WireReader(frame.rawSpan)
        do throws(WireError) {
            let header = try RequestHeader(decoding: &reader)
            guard header.api == .produce else { return nil }
            return try ProduceRequest(decoding: &reader, version: header.requestApiVersion)
        } catch {
            return nil
        }
    }

    private static func judge(request: [UInt8]) throws(FuzzFailure) -> FuzzTarget.Verdict {
        let scene = try BrokerScene()
        let client = try scene.connect()
        client.send(frame: request)
        scene.broker.run(atMost: .milliseconds(20)) { !client.frames.isEmpty || client.isOver }
        if client.frames.isEmpty, !client.isOver {
            // No timeout of any request is longer than 2^31 ms: 25 days.
            scene.broker.advance(by: .seconds(30 * 24 * 3600))
            let isAnswered = !client.frames.isEmpty || client.isOver
            let isProduce = produced(by: request)?.acks == 0
            try expect(isAnswered || isProduce, "a request is never answered")
        }
        try expect(client.frames.count <= 1, "\(client.frames.count) answers to one request")
        let verdict: FuzzTarget.Verdict = client.frames.isEmpty ? .refused : .accepted
        client.close()
        try scene.checkOthers()
        return verdict
    }

    // MARK: Any bytes

    /// Bytes of a connection: frames with their sizes, right or lying, cut anywhere.
    private static let stream = FuzzTarget("broker-stream", seeds: .streams, limits: limits) {
        input throws(FuzzFailure) in
        let scene = try BrokerScene()
        let client = try scene.connect()
        client.send(raw: input.array())
        scene.broker.run(atMost: .seconds(1)) { client.isSent || client.isOver }
        client.socket.finishWriting()
        scene.broker.advance(by: .seconds(30 * 24 * 3600))
        try expect(client.isOver, "a connection that was ended stays")
        try expect(client.frames.count <= input.byteCount / 4, "more answers than requests")
        let verdict: FuzzTarget.Verdict = client.frames.isEmpty ? .refused : .accepted
        client.close()
        try scene.checkOthers()
        return verdict
    }

    /// `ListOffsets` as `list-offsets`.
    static func kebab(_ name: String) -> String {
        var text = ""
        for letter in name {
            if letter.isUppercase, !text.isEmpty { text += "-" }
            text += letter.lowercased()
        }
        return text
    }
}
