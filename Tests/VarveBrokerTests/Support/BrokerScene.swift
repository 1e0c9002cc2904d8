import VarveBroker
import VarveBytes
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms
import VarveTransport
import VarveWire

/// A broker over a simulated disk and a network in memory, and clients that speak to it.
final class BrokerScene {
    let disk: SimulatedDisk
    let clock: SimulatedClock
    let broker: Broker
    let loop: EventLoop
    private let network = MemoryNetwork()
    private let address: SocketAddress

    /// - Parameter properties: beside `log.dirs` and `listeners`.
    init(
        on disk: SimulatedDisk? = nil, clock: SimulatedClock = SimulatedClock(),
        beside flushes: BesideFlushes? = nil, _ properties: [String: String] = [:]
    ) throws {
        self.clock = clock
        self.disk = disk ?? SimulatedDisk(clock: clock)
        var configs = StaticConfigs()
        try configs.add(["log.dirs": "/data", "listeners": "PLAINTEXT://127.0.0.1:9092"])
        try configs.add(properties)
        let settings = try BrokerSettings(configs)
        let surroundings = Surroundings(
            fileSystem: self.disk, clock: clock, randomness: SeededRandomness(seed: 1),
            processID: 1, bootID: UniqueID(high: 1, low: 1))
        let listener = try network.listen(on: Endpoint(host: "127.0.0.1", port: 9092))[0]
        address = listener.address
        broker = try Broker(
            settings, endpoints: settings.advertised, in: surroundings, beside: flushes)
        loop = try EventLoop(network: network, clock: clock, service: broker)
        try loop.serve(listener)
    }

    func connect() throws -> FrameClient { FrameClient(try network.connect(to: address)) }

    /// Sends a request on a connection of its own and returns the answer; nil when there is none
    /// within a second of virtual time.
    func ask<Response: WireMessage>(
        _ request: some WireMessage, with records: [UInt8] = [], version: Int16,
        for answer: Response.Type
    ) throws -> Response? {
        let frame = try Self.frame(request, with: records, version: version)
        return try answers(to: [frame]).first.map { try Self.decode($0, version: version) }
    }

    /// Sends frames together on a connection of their own, and returns the answers that come within
    /// a second of virtual time.
    func answers(to frames: [[UInt8]]) throws -> [[UInt8]] {
        let client = try connect()
        defer { client.close() }
        for frame in frames { client.send(frame: frame) }
        for step in 0..<400 {
            client.turn()
            loop.turn(.notAtAll)
            client.turn()
            if client.frames.count == frames.count || client.isOver { break }
            if step % 4 == 3 { clock.advance(by: .milliseconds(10)) }
        }
        return client.frames
    }

    /// - Parameter records: what the slices of the request are of.
    static func frame(
        _ request: some WireMessage, with records: [UInt8] = [], version: Int16
    ) throws -> [UInt8] {
        let number = type(of: request).schema.key ?? -1
        let api = APIKey(rawValue: number)!
        var writer = WireWriter()
        var header = RequestHeader()
        header.requestApiKey = number
        header.requestApiVersion = version
        header.correlationId = 7
        header.clientId = "scene"
        try header.encode(into: &writer, version: api.requestHeaderVersion(for: version))
        try request.encode(into: &writer, version: version)
        return writer.joined(with: records.rawSpan)
    }

    static func decode<Response: WireMessage>(
        _ frame: [UInt8], version: Int16
    ) throws -> Response {
        let api = APIKey(rawValue: Response.schema.key ?? -1)!
        var reader = WireReader(frame.rawSpan)
        _ = try ResponseHeader(
            decoding: &reader, version: api.responseHeaderVersion(for: version))
        return try Response(decoding: &reader, version: version)
    }
}
