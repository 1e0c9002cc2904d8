internal import VarveBytes
internal import VarveTerms

/// Reads messages out of the bytes of a frame.
///
/// No byte makes it trap, and no count makes it reserve more than the frame can fill: a count is
/// held against the bytes that are left, and what arrays, texts and bytes take in memory is
/// charged to a budget.
///
/// *Invariants*: `0 <= position <= limit <= bytes.byteCount`.
/// *Threads*: one owner.
public struct WireReader: ~Escapable {
    let bytes: RawSpan
    /// The next byte to read.
    public private(set) var position: Int
    /// Where the current tagged field ends, or the span.
    var limit: Int
    /// Bytes of memory that decoding may still take.
    public var budget: Int
    /// The version of the message that is being read.
    public private(set) var version: Int16 = 0
    /// Whether that version has compact lengths and tagged fields.
    public private(set) var isFlexible = false
    private var message: StaticString = ""

    /// What decoding may take beyond the size of the frame, unless the caller knows better.
    public static var budgetBeyondFrame: Int { 8 << 20 }

    /// - Parameter budget: bytes of memory that all messages of this reader may take together;
    ///   the bytes of the span and `budgetBeyondFrame` when nil.
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, budget: Int? = nil) {
        self.bytes = bytes
        position = 0
        limit = bytes.byteCount
        self.budget = budget ?? bytes.byteCount + Self.budgetBeyondFrame
    }

    public var remaining: Int { limit - position }

    /// Throws `.trailingBytes` unless everything was read.
    public func finish() throws(WireError) {
        guard remaining == 0 else { throw failure(.trailingBytes(remaining), "") }
    }

    // MARK: For the generated code
    //
    // None of this is put in line: there are thousands of calls.

    mutating func begin(_ schema: MessageSchema, version: Int16) throws(WireError) {
        message = schema.name
        guard schema.versions.contains(version) else {
            throw failure(.unsupportedVersion(version), "")
        }
        self.version = version
        isFlexible = schema.isFlexible(version)
    }

    /// The API and version that a request frame asks for; moves nothing.
    func peekAPI() throws(WireError) -> (APIKey, version: Int16) {
        guard remaining >= 4 else { throw failure(.truncated, "requestApiKey") }
        let key = bytes.int16(at: position)
        guard let api = APIKey(rawValue: key) else {
            throw failure(.unknownAPI(key), "requestApiKey")
        }
        return (api, bytes.int16(at: position + 2))
    }

    @inline(never)
    func failure(_ problem: WireError.Problem, _ field: StaticString) -> WireError {
        WireError(problem, message: "\(message)", field: "\(field)", position: position)
    }

    /// Moves past `size` bytes and tells where they start.
    @inline(__always)
    mutating func skip(_ size: Int, _ field: StaticString) throws(WireError) -> Int {
        guard size <= remaining else { throw failure(.truncated, field) }
        defer { position += size }
        return position
    }

    mutating func charge(_ size: Int, _ field: StaticString) throws(WireError) {
        guard size <= budget else { throw failure(.overBudget, field) }
        budget -= size
    }

    mutating func bool(_ field: StaticString) throws(WireError) -> Bool {
        try int8(field) != 0
    }

    @inline(never)
    mutating func int8(_ field: StaticString) throws(WireError) -> Int8 {
        bytes.int8(at: try skip(1, field))
    }

    @inline(never)
    mutating func int16(_ field: StaticString) throws(WireError) -> Int16 {
        bytes.int16(at: try skip(2, field))
    }

    mutating func uint16(_ field: StaticString) throws(WireError) -> UInt16 {
        UInt16(bitPattern: try int16(field))
    }

    @inline(never)
    mutating func int32(_ field: StaticString) throws(WireError) -> Int32 {
        bytes.int32(at: try skip(4, field))
    }

    mutating func uint32(_ field: StaticString) throws(WireError) -> UInt32 {
        bytes.uint32(at: try skip(4, field))
    }

    @inline(never)
    mutating func int64(_ field: StaticString) throws(WireError) -> Int64 {
        bytes.int64(at: try skip(8, field))
    }

    mutating func float64(_ field: StaticString) throws(WireError) -> Double {
        Double(bitPattern: UInt64(bitPattern: try int64(field)))
    }

    @inline(never)
    mutating func uuid(_ field: StaticString) throws(WireError) -> UniqueID {
        let start = try skip(16, field)
        return UniqueID(high: bytes.uint64(at: start), low: bytes.uint64(at: start + 8))
    }

    mutating func errorCode(_ field: StaticString) throws(WireError) -> ErrorCode {
        ErrorCode(rawValue: try int16(field))
    }

    @inline(never)
    mutating func unsignedVarint(_ field: StaticString) throws(WireError) -> UInt32 {
        var reader = ByteReader(bytes, at: position)
        guard let value = reader.unsignedVarint() else {
            throw failure(remaining < 5 ? .truncated : .badVarint, field)
        }
        guard reader.position <= limit else { throw failure(.truncated, field) }
        position = reader.position
        return value
    }
}
