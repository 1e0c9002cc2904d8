internal import VarveBytes
internal import VarveWire

/// Requests as frames behind their size, and answers read back.
enum RequestFrame {
    /// - Parameter records: what the slice of records in the request is of.
    static func make(
        _ request: some WireMessage, version: Int16, records: [UInt8] = []
    ) throws -> [UInt8] {
        let api = try api(of: type(of: request))
        var writer = WireWriter()
        try RequestHeader(
            requestApiKey: api.rawValue, requestApiVersion: version, correlationId: 1,
            clientId: "bench"
        ).encode(into: &writer, version: api.requestHeaderVersion(for: version))
        try request.encode(into: &writer, version: version)
        let body = writer.joined(with: records.rawSpan)
        let size = UInt32(body.count)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } + body
    }

    static func answer<Response: WireMessage>(
        _ frame: [UInt8], version: Int16, as type: Response.Type = Response.self
    ) throws -> Response {
        let api = try api(of: type)
        var reader = WireReader(frame.rawSpan)
        _ = try ResponseHeader(
            decoding: &reader, version: api.responseHeaderVersion(for: version))
        return try Response(decoding: &reader, version: version)
    }

    private static func api(of type: any WireMessage.Type) throws -> APIKey {
        guard let api = type.schema.key.flatMap({ APIKey(rawValue: $0) }) else {
            throw CrewError.refused(request: "\(type)", code: "it is no request")
        }
        return api
    }

    /// - Throws: `CrewError.refused` unless there is a code and it says that all is well.
    static func check(_ code: ErrorCode?, of request: String) throws {
        guard code == ErrorCode.none else {
            throw CrewError.refused(request: request, code: code.map { "\($0)" } ?? "no answer")
        }
    }
}

extension ClientCrew {
    /// Makes a topic.
    func makeTopic(_ name: String, partitions: Int) throws {
        var request = CreateTopicsRequest()
        request.topics = [
            .init(name: name, numPartitions: Int32(partitions), replicationFactor: 1)
        ]
        let frame = try ask(try RequestFrame.make(request, version: 5))
        let answer = try RequestFrame.answer(frame, version: 5, as: CreateTopicsResponse.self)
        try RequestFrame.check(answer.topics.first?.errorCode, of: "CreateTopics")
    }
}
