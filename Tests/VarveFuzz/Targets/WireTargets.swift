internal import VarveBytes
internal import VarveTerms
internal import VarveWire

/// Messages on the wire: what is decoded is encoded, decoded again and encoded as the same bytes.
enum WireTargets {
    static let all: [FuzzTarget] = [request, message]

    /// What a reader of these targets may take in memory; with two messages and what they are
    /// encoded to, the heap stays below three times as much.
    private static func budget(_ size: Int) -> Int { 64 << 10 + 64 * size }

    private static let limits = FuzzLimits(heapBase: .kib(512), heapPerByte: 256)

    /// A frame as a broker takes it: header and body.
    private static let request = FuzzTarget("wire-request", seeds: .requests, limits: limits) {
        input throws(FuzzFailure) in
        var reader = WireReader(input, budget: budget(input.byteCount))
        let header: RequestHeader
        do throws(WireError) {
            header = try RequestHeader(decoding: &reader)
        } catch {
            return try refused(error, input)
        }
        guard let type = requests[header.requestApiKey] else {
            throw FuzzFailure("\(header.requestApiKey) has a header and no request")
        }
        return try decode(type, header.requestApiVersion, input, from: reader.position)
    }

    /// Any message: two bytes choose its type, the third its version.
    private static let message = FuzzTarget("wire-message", seeds: .messages, limits: limits) {
        input throws(FuzzFailure) in
        guard input.byteCount >= 3 else { return .refused }
        let type = types[Int(UInt16(bitPattern: input.int16(at: 0))) % types.count]
        let versions = type.schema.versions
        let version = versions.lowerBound + Int16(input.uint8(at: 2)) % Int16(versions.count)
        return try decode(type, version, input, from: 3)
    }

    private static func decode<Message: WireMessage>(
        _ type: Message.Type, _ version: Int16, _ input: RawSpan, from start: Int
    ) throws(FuzzFailure) -> FuzzTarget.Verdict {
        let body = input.extracting(start..<input.byteCount)
        var reader = WireReader(body, budget: budget(body.byteCount))
        let first: Message
        do throws(WireError) {
            first = try Message(decoding: &reader, version: version)
        } catch {
            return try refused(error, body)
        }
        let isSame: Bool
        do throws(WireError) {
            isSame = try encodesAlike(first, version, body)
        } catch {
            throw FuzzFailure("\(Message.self) \(version) decodes once only: \(error)")
        }
        try expect(isSame, "\(Message.self) \(version) is encoded in two ways")
        return .accepted
    }

    /// Whether what the message is encoded to is decoded to a message that is encoded to the same.
    private static func encodesAlike<Message: WireMessage>(
        _ message: Message, _ version: Int16, _ source: RawSpan
    ) throws(WireError) -> Bool {
        var writer = WireWriter()
        try message.encode(into: &writer, version: version)
        let bytes = writer.joined(with: source)
        var reader = WireReader(bytes.rawSpan, budget: 2 * budget(source.byteCount))
        let second = try Message(decoding: &reader, version: version)
        try reader.finish()
        var again = WireWriter()
        try second.encode(into: &again, version: version)
        return again.joined(with: bytes.rawSpan) == bytes
    }

    private static func refused(
        _ error: WireError, _ input: RawSpan
    ) throws(FuzzFailure) -> FuzzTarget.Verdict {
        try expect((0...input.byteCount).contains(error.position), "an error at \(error.position)")
        try expect(error.description.utf8.count < 512, "an error without end")
        return .refused
    }

    // MARK: Types and seeds

    private static let types: [any WireMessage.Type] = {
        let all: [any WireMessage.Type] =
            MessageTypes.requests + MessageTypes.responses + MessageTypes.headers
            + MessageTypes.metadataRecords + MessageTypes.coordinatorKeys
            + MessageTypes.coordinatorValues + MessageTypes.others
        return all.sorted { "\($0)" < "\($1)" }
    }()

    private static let requests: [Int16: any WireMessage.Type] = Dictionary(
        MessageTypes.requests.map { ($0.schema.key ?? -1, $0) }, uniquingKeysWith: { $1 })

    private static let requestsByName: [String: any WireMessage.Type] = Dictionary(
        MessageTypes.requests.map { ("\($0)", $0) }, uniquingKeysWith: { $1 })

    /// The request behind its header; nil for any other message.
    static func requestFrame(_ seed: WireSeed) -> [UInt8]? {
        guard let type = requestsByName[seed.name],
            let key = type.schema.key, let api = APIKey(rawValue: key)
        else { return nil }
        var writer = WireWriter()
        let header = RequestHeader(
            requestApiKey: key, requestApiVersion: seed.version, correlationId: 1, clientId: "c")
        let version = api.requestHeaderVersion(for: seed.version)
        guard (try? header.encode(into: &writer, version: version)) != nil else { return nil }
        return writer.buffer.bytes.array() + seed.body
    }

    /// The input of `message` that the seed makes.
    static func input(_ seed: WireSeed) -> [UInt8]? {
        guard let place = types.firstIndex(where: { "\($0)" == seed.name }) else { return nil }
        let version = UInt8(
            truncatingIfNeeded: seed.version - types[place].schema.versions.lowerBound)
        let index = UInt16(truncatingIfNeeded: place)
        return [UInt8(index >> 8), UInt8(index & 0xFF), version] + seed.body
    }
}
