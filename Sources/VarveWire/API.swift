/// What the table says of one API: a request and its response.
public struct API: Sendable {
    /// `Fetch`.
    public let name: StaticString
    public let versions: ClosedRange<Int16>
    /// The versions that Kafka offers without being asked for unfinished ones.
    public let stableVersions: ClosedRange<Int16>
    public let requestFlexibleFrom: Int16?
    public let responseFlexibleFrom: Int16?
    /// Where Kafka serves it.
    public let listeners: Listeners
    /// A broker passes it on to the active controller inside an Envelope.
    public let isForwardable: Bool
    /// Only brokers and controllers of the same cluster may call it.
    public let isClusterAction: Bool

    public struct Listeners: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8

        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static var broker: Listeners { Listeners(rawValue: 1) }
        public static var controller: Listeners { Listeners(rawValue: 2) }
    }
}

extension APIKey {
    /// The version of the header before a request: 2 with tagged fields, 1 without. Tells it for
    /// versions to come as well, because an ApiVersions request of any version has to be answered.
    public func requestHeaderVersion(for version: Int16) -> Int16 {
        api.requestFlexibleFrom.map { version >= $0 } ?? false ? 2 : 1
    }

    /// The version of the header before a response: 1 with tagged fields, 0 without. ApiVersions
    /// always has 0, because its reader cannot know yet what the broker speaks.
    public func responseHeaderVersion(for version: Int16) -> Int16 {
        if self == .apiVersions { return 0 }
        return api.responseFlexibleFrom.map { version >= $0 } ?? false ? 1 : 0
    }
}

extension APIKey: CustomStringConvertible {
    public var description: String { "\(api.name)" }
}

extension RequestHeader {
    /// Decodes the header of a frame, in the version that its first four bytes ask for, and leaves
    /// the reader at the body. The version of the body itself is not checked.
    /// - Throws: `WireError`, `.unknownAPI` where no API has the key.
    public init(decoding reader: inout WireReader) throws(WireError) {
        let (key, version) = try reader.peekAPI()
        try self.init(decoding: &reader, version: key.requestHeaderVersion(for: version))
    }

    /// The API that is called; nil where no API has the key.
    public var api: APIKey? { APIKey(rawValue: requestApiKey) }
}
