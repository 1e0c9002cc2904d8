import VarveBytes
import VarveClient
import VarveSim
import VarveSystem
import VarveTerms
import VarveTransport
import VarveWire

/// What a peer does with a request.
enum Reaction {
    case answer(any WireMessage)
    /// An answer whose slices are ranges of these records.
    case records(any WireMessage, [UInt8])
    /// A whole frame as it is, but for its size.
    case frame([UInt8])
    /// These very bytes.
    case bytes([UInt8])
    case silence
    /// The connection ends.
    case end
}

/// One request that came.
struct Asked {
    var api: APIKey
    var version: Int16
    var correlation: Int32
    /// The body, behind the header.
    var body: [UInt8]

    func decoded<Request: WireMessage>(_ type: Request.Type) throws(WireError) -> Request {
        var reader = WireReader(body.rawSpan)
        return try Request(decoding: &reader, version: version)
    }
}

/// Brokers that answer as a test says. Nothing waits: who would, moves the clock.
final class ScriptedNetwork: ClientNetwork {
    let hands = SimulatedClock()
    var clock: any Clock { hands }
    /// What each endpoint does; one that is not here refuses connections.
    var brokers: [Endpoint: (Asked) throws -> Reaction] = [:]
    /// What was asked, in order, ApiVersions left out.
    private(set) var log: [(endpoint: Endpoint, asked: Asked)] = []
    private(set) var connectionCount = 0
    var isStopping = false

    static let first = Endpoint(host: "one", port: 9092)
    static let second = Endpoint(host: "two", port: 9092)

    func connect(
        to endpoint: Endpoint, until deadline: Instant
    ) throws(SocketFailure) -> any ClientSocket {
        guard let broker = brokers[endpoint] else { throw .system(SystemError(code: 111)) }
        connectionCount += 1
        return ScriptedSocket(self) { asked in
            if asked.api != .apiVersions { self.log.append((endpoint, asked)) }
            return try broker(asked)
        }
    }

    func rest(for duration: Duration) throws(SocketFailure) {
        guard !isStopping else { throw .stopped }
        hands.advance(by: duration)
    }

    /// How often something was asked.
    func count(of api: APIKey) -> Int { log.filter { $0.asked.api == api }.count }
}

private final class ScriptedSocket: ClientSocket {
    private let network: ScriptedNetwork
    private let react: (Asked) throws -> Reaction
    private var written: [UInt8] = []
    private var readable: [UInt8] = []
    private var isEnded = false
    /// The longest part of what is there that one read takes: no reader may rely on whole frames.
    private var partSize = 1

    init(_ network: ScriptedNetwork, _ react: @escaping (Asked) throws -> Reaction) {
        (self.network, self.react) = (network, react)
    }

    func close() { isEnded = true }

    func write(_ bytes: RawSpan, until deadline: Instant) throws(SocketFailure) {
        guard !isEnded else { throw .ended }
        written += bytes.array()
        while written.count >= 4 {
            let size = Int(written.rawSpan.int32(at: 0))
            guard written.count >= 4 + size else { return }
            let frame = Array(written[4..<4 + size])
            written.removeFirst(4 + size)
            take(frame)
        }
    }

    private func take(_ frame: [UInt8]) {
        do {
            var reader = WireReader(frame.rawSpan)
            let header = try RequestHeader(decoding: &reader)
            let asked = Asked(
                api: header.api!, version: header.requestApiVersion,
                correlation: header.correlationId, body: Array(frame[reader.position...]))
            switch try react(asked) {
            case .answer(let message):
                readable += Self.sized(try encoded(message, to: asked))
            case .records(let message, let records):
                readable += Self.sized(try encoded(message, to: asked, records))
            case .frame(let bytes): readable += Self.sized(bytes)
            case .bytes(let bytes): readable += bytes
            case .silence: break
            case .end: isEnded = true
            }
        } catch {
            preconditionFailure("the script cannot go on: \(error)")
        }
    }

    private static func sized(_ frame: [UInt8]) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.append(Int32(frame.count))
        return buffer.bytes.array() + frame
    }

    func read(
        into buffer: inout MutableRawSpan, until deadline: Instant
    ) throws(SocketFailure) -> Int {
        guard !network.isStopping else { throw .stopped }
        guard !readable.isEmpty else {
            guard !isEnded else { throw .ended }
            let now = network.hands.now()
            network.hands.advance(by: max(.zero, deadline.duration(since: now)))
            throw .timedOut
        }
        let count = min(buffer.byteCount, readable.count, partSize)
        partSize = partSize % 4096 * 2 + 1
        for place in 0..<count { buffer.store(readable[place], at: place) }
        readable.removeFirst(count)
        return count
    }
}

/// An answer with its header, without the size of its frame.
func encoded(
    _ message: any WireMessage, to asked: Asked, _ records: [UInt8] = []
) throws(WireError) -> [UInt8] {
    var writer = WireWriter()
    try ResponseHeader(correlationId: asked.correlation)
        .encode(
            into: &writer, version: asked.api.responseHeaderVersion(for: asked.version))
    try message.encode(into: &writer, version: asked.version)
    return writer.joined(with: records.rawSpan)
}

extension ApiVersionsResponse {
    /// Of a broker that speaks these versions of everything.
    static func speaking(_ versions: ClosedRange<Int16> = 0...99) -> ApiVersionsResponse {
        ApiVersionsResponse(
            apiKeys: (0..<70).map {
                ApiVersion(
                    apiKey: $0, minVersion: versions.lowerBound, maxVersion: versions.upperBound)
            })
    }
}

extension MetadataResponse {
    /// Two brokers, and a topic.
    static func cluster(
        leader: Int32, code: ErrorCode = ErrorCode.none, partitions: Int32 = 1
    ) -> MetadataResponse {
        MetadataResponse(
            brokers: [
                .init(nodeId: 1, host: "one", port: 9092),
                .init(nodeId: 2, host: "two", port: 9092),
            ], clusterId: "c", controllerId: 2,
            topics: [
                .init(
                    errorCode: code, name: "t",
                    partitions: (0..<partitions).map {
                        .init(
                            partitionIndex: $0, leaderId: leader, replicaNodes: [1, 2],
                            isrNodes: [1, 2])
                    })
            ])
    }
}
