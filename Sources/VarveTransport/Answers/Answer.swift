public import VarveBytes
public import VarveSystem
public import VarveTerms

/// Bytes that somebody keeps in place until they are sent: a mapping, a pinned slice of a log.
public protocol LentBytes: Sendable {
    /// Never changes.
    var size: ByteCount { get }
    /// How much memory of this process the bytes keep from other uses; zero for bytes of a file,
    /// which the kernel lets go when it needs room. Never changes.
    var heldSize: ByteCount { get }
    /// Lends the bytes, `size` of them, the same and at the same place in each call.
    func lend(_ body: (RawSpan) -> Void)
}

extension LentBytes {
    public var heldSize: ByteCount { size }
}

/// A buffer that became part of an answer.
public final class AnswerBytes: LentBytes {
    private let buffer: ByteBuffer

    public init(_ buffer: consuming ByteBuffer) { self.buffer = buffer }

    public var size: ByteCount { ByteCount(buffer.count) }
    public func lend(_ body: (RawSpan) -> Void) { buffer.lend(0..<buffer.count, body) }
}

/// A range of mapped bytes.
public struct MappedSlice: LentBytes {
    private let owner: MappedBytes
    private let range: Range<Int>

    /// - Precondition: `range` lies within the mapping.
    public init(_ owner: MappedBytes, in range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= owner.count, "\(range)")
        self.owner = owner
        self.range = range
    }

    public var size: ByteCount { ByteCount(range.count) }
    public var heldSize: ByteCount { .zero }
    public func lend(_ body: (RawSpan) -> Void) { body(owner.bytes(in: range)) }
}

/// A piece of an answer.
public enum AnswerPart: Sendable {
    case bytes(any LentBytes)
    case file(FileRange)

    public var size: ByteCount {
        switch self {
        case .bytes(let bytes): bytes.size
        case .file(let range): range.size
        }
    }

    /// How much memory of this process it keeps.
    var heldSize: ByteCount {
        switch self {
        case .bytes(let bytes): bytes.heldSize
        case .file: .zero
        }
    }
}

/// What a request is answered with: one frame in several parts, or nothing.
public struct Answer: Sendable {
    /// What becomes of the connection once the answer is sent.
    public enum Afterwards: Hashable, Sendable { case keepOpen, close }

    /// The frame's parts, without its size; nil when the request is not answered.
    public let parts: [AnswerPart]?
    public let afterwards: Afterwards
    /// Of the frame, without its size.
    public let size: ByteCount
    /// How much memory of this process the parts keep.
    let heldSize: ByteCount

    /// - Precondition: the parts together are below 2 GiB.
    public init(_ parts: [AnswerPart], then afterwards: Afterwards = .keepOpen) {
        size = parts.reduce(.zero) { $0 + $1.size }
        precondition(size.bytes <= Int(Int32.max), "a frame of \(size) bytes")
        heldSize = parts.reduce(.zero) { $0 + $1.heldSize }
        self.parts = parts
        self.afterwards = afterwards
    }

    /// A frame of the bytes of one buffer.
    public init(_ buffer: consuming ByteBuffer, then afterwards: Afterwards = .keepOpen) {
        self.init([.bytes(AnswerBytes(buffer))], then: afterwards)
    }

    private init(nothingThen afterwards: Afterwards) {
        (parts, size, heldSize, self.afterwards) = (nil, .zero, .zero, afterwards)
    }

    /// The request has no answer, as a produce request with acks=0 has none.
    public static var nothing: Answer { Answer(nothingThen: .keepOpen) }
    /// No answer, and the connection ends once all answers before are sent.
    public static var closing: Answer { Answer(nothingThen: .close) }
}
