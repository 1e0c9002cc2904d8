internal import VarveBytes
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// One connection to one broker, with the versions that both ends speak. Requests may be sent
/// before the answers to earlier ones came; answers come in their order.
///
/// After it threw, the connection is closed and of no more use: what it says next belongs to nobody
/// knows which request.
///
/// *Invariants*: `asked` holds what was sent and not answered, first to last.
final class BrokerConnection {
    let endpoint: Endpoint
    /// What the broker said of itself when the connection began.
    private(set) var features = ApiVersionsResponse()
    private let socket: any ClientSocket
    private let settings: ClientSettings
    private var spoken: [Int16: ClosedRange<Int16>] = [:]
    private var asked: [Asked] = []
    private var lastCorrelation: Int32 = 0
    private(set) var isClosed = false

    private struct Asked {
        var correlation: Int32
        var api: APIKey
        var version: Int16
    }

    /// Memory is taken for bytes that came, a piece at a time, whatever size a frame claims.
    private static let pieceSize = 1 << 20

    /// Takes a new connection and asks the broker what it speaks.
    init(
        _ socket: any ClientSocket, to endpoint: Endpoint, _ settings: ClientSettings,
        until deadline: Instant
    ) throws(ClientError) {
        (self.socket, self.endpoint, self.settings) = (socket, endpoint, settings)
        try negotiate(until: deadline)
    }

    deinit { socket.close() }

    func close() {
        isClosed = true
        asked = []
        socket.close()
    }

    /// How many requests wait for their answers.
    var openCount: Int { asked.count }

    // MARK: Versions

    private func negotiate(until deadline: Instant) throws(ClientError) {
        let request = ApiVersionsRequest(
            clientSoftwareName: "varve", clientSoftwareVersion: "0.1")
        var version: Int16 = 4
        while true {
            try put(request, .apiVersions, version: version, records: RawSpan(), until: deadline)
            var frame = ByteBuffer(capacity: 4096)
            _ = try readFrame(into: &frame, until: deadline)
            // Whoever does not speak the version says so in version 0, which all can read.
            let isRefused =
                frame.count >= 6
                && ErrorCode(rawValue: frame.bytes.int16(at: 4)) == .unsupportedVersion
            let answer: ApiVersionsResponse = try decode(
                frame.bytes, .apiVersions, version: isRefused ? 0 : version)
            if isRefused, version > 0 {
                let known = answer.apiKeys.first { $0.apiKey == APIKey.apiVersions.rawValue }
                let last = known?.maxVersion ?? 0
                version = last > 0 && last < version ? last : 0
                continue
            }
            guard answer.errorCode == .none else {
                close()
                throw .refused(answer.errorCode, subject: "\(endpoint)", message: nil)
            }
            features = answer
            for api in answer.apiKeys where api.minVersion <= api.maxVersion {
                spoken[api.apiKey] = api.minVersion...api.maxVersion
            }
            return
        }
    }

    /// The version in which to ask: the last that both know.
    private func version(
        _ api: APIKey, among known: ClosedRange<Int16>
    ) throws(ClientError) -> Int16 {
        guard let range = spoken[api.rawValue], range.overlaps(known) else {
            throw .unsupported(endpoint, api)
        }
        return min(range.upperBound, known.upperBound)
    }

    // MARK: Asking

    /// Asks and waits for the answer.
    /// - Precondition: no other answer is waited for.
    func ask<Q: Question>(
        _ question: Q, until deadline: Instant
    ) throws(ClientError) -> Q.Answer {
        precondition(asked.isEmpty, "\(asked.count) answers are to come first")
        try send(question, until: deadline)
        return try receive(Q.self, until: deadline)
    }

    /// Sends a request. The slices of its records are ranges of `records`.
    /// - Parameter answer: whether the broker answers it: not a Produce with `acks` 0.
    func send<Q: Question>(
        _ question: Q, records: RawSpan = RawSpan(), expecting answer: AnswerExpectation = .one,
        until deadline: Instant
    ) throws(ClientError) {
        let version = try version(Q.api, among: Q.spoken)
        try put(question, Q.api, version: version, records: records, until: deadline)
        if answer == .none { asked.removeLast() }
    }

    enum AnswerExpectation { case one, none }

    private func put(
        _ question: some WireMessage, _ api: APIKey, version: Int16, records: RawSpan,
        until deadline: Instant
    ) throws(ClientError) {
        lastCorrelation = lastCorrelation &+ 1
        var writer = WireWriter(capacity: 1024)
        do throws(WireError) {
            let start = writer.beginFrame()
            let header = RequestHeader(
                requestApiKey: api.rawValue, requestApiVersion: version,
                correlationId: lastCorrelation, clientId: settings.clientID)
            try header.encode(
                into: &writer, version: api.requestHeaderVersion(for: version))
            try question.encode(into: &writer, version: version)
            try writer.endFrame(start)
        } catch {
            throw .unspeakable(api, error)
        }
        asked.append(Asked(correlation: lastCorrelation, api: api, version: version))
        do throws(SocketFailure) {
            var sent = 0
            for splice in writer.splices {
                try socket.write(
                    writer.buffer.bytes.extracting(sent..<splice.position), until: deadline)
                try socket.write(records.extracting(splice.slice.range), until: deadline)
                sent = splice.position
            }
            let rest = sent..<writer.buffer.count
            try socket.write(writer.buffer.bytes.extracting(rest), until: deadline)
        } catch {
            throw failed(api, error)
        }
    }

    // MARK: Answers

    /// Waits for the answer to the first request that has none.
    func receive<Q: Question>(
        _ question: Q.Type, until deadline: Instant
    ) throws(ClientError) -> Q.Answer {
        var frame = ByteBuffer(capacity: 4096)
        return try receive(question, into: &frame, until: deadline)
    }

    /// The same, with the frame left in `frame`: the answer's records are ranges of it.
    func receive<Q: Question>(
        _ question: Q.Type, into frame: inout ByteBuffer, until deadline: Instant
    ) throws(ClientError) -> Q.Answer {
        let asked = try readFrame(into: &frame, until: deadline)
        precondition(asked.api == Q.api, "\(asked.api) was asked, not \(Q.api)")
        return try decode(frame.bytes, asked.api, version: asked.version)
    }

    /// Reads the frame of the next answer, without its size, and checks whose answer it is.
    private func readFrame(
        into frame: inout ByteBuffer, until deadline: Instant
    ) throws(ClientError) -> Asked {
        precondition(!asked.isEmpty, "no answer is to come")
        let first = asked.removeFirst()
        frame.removeAll()
        try read(4, of: first.api, into: &frame, until: deadline)
        let size = frame.bytes.int32(at: 0)
        guard size >= 4, size <= settings.answerSizeMax.bytes else {
            throw malformed(first.api, "a frame of \(size) bytes")
        }
        frame.removeAll()
        try read(Int(size), of: first.api, into: &frame, until: deadline)
        let correlation = frame.bytes.int32(at: 0)
        guard correlation == first.correlation else {
            throw malformed(first.api, "the answer to request \(correlation)")
        }
        return first
    }

    private func read(
        _ size: Int, of api: APIKey, into frame: inout ByteBuffer, until deadline: Instant
    ) throws(ClientError) {
        do throws(SocketFailure) {
            while frame.count < size {
                let wanted = min(size - frame.count, Self.pieceSize)
                try frame.append(reserving: wanted) { spare throws(SocketFailure) in
                    var target = spare._mutatingExtracting(0..<wanted)
                    return try socket.read(into: &target, until: deadline)
                }
            }
        } catch {
            throw failed(api, error)
        }
    }

    private func decode<Answer: WireMessage>(
        _ frame: RawSpan, _ api: APIKey, version: Int16
    ) throws(ClientError) -> Answer {
        do throws(WireError) {
            var reader = WireReader(frame)
            _ = try ResponseHeader(
                decoding: &reader, version: api.responseHeaderVersion(for: version))
            let answer = try Answer(decoding: &reader, version: version)
            try reader.finish()
            return answer
        } catch {
            throw malformed(api, "\(error)")
        }
    }

    private func failed(_ api: APIKey, _ failure: SocketFailure) -> ClientError {
        close()
        return failure == .stopped ? .stopped : .lost(endpoint, api, failure)
    }

    private func malformed(_ api: APIKey, _ reason: String) -> ClientError {
        close()
        return .malformed(endpoint, api, reason: reason)
    }
}
