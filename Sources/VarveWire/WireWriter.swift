public import VarveBytes
internal import VarveTerms

/// Collects messages as bytes, and the places where records belong between them.
///
/// Records are not copied: the bytes of a frame are those of `buffer`, with each slice of
/// `splices` put in at its position. A transport sends them piece by piece.
///
/// *Invariants*: splices are in ascending order of their positions.
/// *Threads*: one owner at a time.
public struct WireWriter: ~Copyable {
    /// The bytes without the records.
    public internal(set) var buffer: ByteBuffer
    public internal(set) var splices: [Splice] = []
    /// The version of the message that is being written.
    public private(set) var version: Int16 = 0
    /// Whether that version has compact lengths and tagged fields.
    public private(set) var isFlexible = false
    private var message: StaticString = ""

    public init(capacity: Int = 256) { buffer = ByteBuffer(capacity: capacity) }

    /// How many bytes it all is, records included.
    public var count: Int { splices.reduce(buffer.count) { $0 + $1.slice.count } }

    /// Forgets everything and keeps the memory.
    public mutating func removeAll() {
        buffer.removeAll()
        splices.removeAll(keepingCapacity: true)
    }

    /// Everything in one piece, for tests and small tools.
    /// - Precondition: every slice lies inside `source`.
    public func joined(with source: RawSpan) -> [UInt8] {
        var all: [UInt8] = []
        var done = 0
        for splice in splices {
            all += buffer.bytes.extracting(done..<splice.position).array()
            all += source.extracting(splice.slice.range).array()
            done = splice.position
        }
        return all + buffer.bytes.extracting(done..<buffer.count).array()
    }

    // MARK: Frames

    /// Where a frame began.
    public struct FrameStart: Sendable {
        fileprivate let position: Int
        fileprivate let spliceCount: Int
    }

    /// Leaves room for the size of a frame.
    public mutating func beginFrame() -> FrameStart {
        let start = FrameStart(position: buffer.count, spliceCount: splices.count)
        buffer.append(Int32(0))
        return start
    }

    /// Stores the size of the frame, which is that of all that was written since it began.
    /// - Throws: `.tooLong` beyond what 31 bits can tell.
    public mutating func endFrame(_ start: FrameStart) throws(WireError) {
        let spliced = splicedBytes(from: start.spliceCount)
        let size = buffer.count - start.position - 4 + spliced
        guard let told = Int32(exactly: size) else { throw failure(.tooLong(size), "") }
        var bytes = buffer.mutableBytes
        bytes.store(told, at: start.position)
    }

    func splicedBytes(from first: Int) -> Int {
        splices[first...].reduce(0) { $0 + $1.slice.count }
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

    @inline(never)
    func failure(_ problem: WireError.Problem, _ field: StaticString) -> WireError {
        WireError(problem, message: "\(message)", field: "\(field)", position: buffer.count)
    }

    /// The error for a value that the version has no field for.
    func absent(_ field: StaticString) -> WireError { failure(.fieldNotInVersion(version), field) }

    /// The value, in a version where null may not stand for it.
    func required<Value>(_ value: Value?, _ field: StaticString) throws(WireError) -> Value {
        guard let value else { throw failure(.nullNotAllowed, field) }
        return value
    }

    @inline(never)
    mutating func bool(_ value: Bool) { buffer.append(UInt8(value ? 1 : 0)) }

    @inline(never)
    mutating func int8(_ value: Int8) { buffer.append(value) }

    @inline(never)
    mutating func int16(_ value: Int16) { buffer.append(value) }

    @inline(never)
    mutating func uint16(_ value: UInt16) { buffer.append(value) }

    @inline(never)
    mutating func int32(_ value: Int32) { buffer.append(value) }

    @inline(never)
    mutating func uint32(_ value: UInt32) { buffer.append(value) }

    @inline(never)
    mutating func int64(_ value: Int64) { buffer.append(value) }

    @inline(never)
    mutating func float64(_ value: Double) { buffer.append(value.bitPattern) }

    @inline(never)
    mutating func uuid(_ value: UniqueID) {
        buffer.append(value.high)
        buffer.append(value.low)
    }

    @inline(never)
    mutating func errorCode(_ value: ErrorCode) { buffer.append(value.rawValue) }
}
