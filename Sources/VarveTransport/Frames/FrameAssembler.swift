internal import VarveBytes
public import VarveTerms

/// Why a peer's bytes are no frame; the connection cannot go on.
public enum FrameRefusal: Error, Hashable, Sendable {
    case negativeSize(Int32)
    case tooLarge(Int32, sizeMax: ByteCount)
}

extension FrameRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .negativeSize(let size): "a frame of \(size) bytes"
        case .tooLarge(let size, let sizeMax):
            "a frame of \(size) bytes, where \(sizeMax) are the most"
        }
    }
}

/// Whether the taker of a frame takes another one now.
public enum FrameFlow: Hashable, Sendable { case goOn, pause }

/// Cuts the bytes of one connection into frames: a size of four bytes, big-endian, then as many
/// bytes as it says.
///
///     ┌──────────┬───────────────┬──────────┬─────
///     │ int32 n  │ n bytes       │ int32 m  │ …
///     └──────────┴───────────────┴──────────┴─────
///
/// Whole frames are lent out of the memory that they were read into. What does not make a frame
/// yet, and what nobody took, is held here.
///
/// *Invariants*: memory is held only for bytes that arrived, at most twice as much and 128 KiB,
/// whatever size a frame claims, but for the spare memory of the loop, which one connection at a
/// time may have; none is held between frames.
/// *Source*: Kafka protocol guide, "Network".
public struct FrameAssembler: ~Copyable {
    /// The width of a frame's size.
    static let sizeWidth = 4
    /// A read takes at least as much as this, where a frame is longer.
    private static let readSizeMin = 64 << 10

    /// The longest frame, without its size; below 2 GiB. Frames already begun are held to it too.
    public var sizeMax: ByteCount
    private var held = ByteBuffer(capacity: 0)
    /// Bytes at the start of `held` that were taken already.
    private var taken = 0
    /// Where memory comes from and goes to when there is some to spare.
    private let spare: SpareFrameMemory?

    /// - Parameter sizeMax: the longest frame, without its size; below 2 GiB.
    public init(sizeMax: ByteCount) { self.init(sizeMax: sizeMax, spare: nil) }

    init(sizeMax: ByteCount, spare: SpareFrameMemory?) {
        precondition(sizeMax.bytes <= Int(Int32.max), "frames of \(sizeMax) bytes")
        self.sizeMax = sizeMax
        self.spare = spare
    }

    /// Bytes that arrived and were not taken.
    public var heldSize: Int { held.count - taken }

    /// The memory that they stand in.
    public var memorySize: Int { held.isEmpty ? 0 : held.capacity }

    /// Cuts `bytes`, which follow what came before, and lends each frame that is whole. What is
    /// left is copied.
    /// - Throws: at a size that no frame can have, after all frames before it were lent.
    public mutating func take(
        _ bytes: RawSpan, _ deliver: (RawSpan) -> FrameFlow
    ) throws(FrameRefusal) {
        guard heldSize == 0 else {
            held.append(bytes)
            return try takeHeld(deliver)
        }
        let done = try Self.cut(bytes, from: 0, sizeMax, deliver)
        guard done < bytes.byteCount else { return }
        let rest = bytes.extracting(done..<bytes.byteCount)
        takeSpare(for: rest)
        held.append(rest)
    }

    /// Has what is going to be held go to the spare memory, where that takes the whole frame.
    private mutating func takeSpare(for rest: RawSpan) {
        guard let spare, held.isEmpty, rest.byteCount >= Self.sizeWidth else { return }
        let size = Self.sizeWidth + min(max(0, Int(rest.int32(at: 0))), sizeMax.bytes)
        // Short frames come whole with the next read.
        guard size >= SpareFrameMemory.sizes.lowerBound,
            let memory = spare.take(atLeast: max(size, rest.byteCount))
        else { return }
        held = memory
    }

    /// Lends each whole frame of the bytes that are held.
    /// - Throws: as `take`.
    public mutating func takeHeld(_ deliver: (RawSpan) -> FrameFlow) throws(FrameRefusal) {
        taken = try Self.cut(held.bytes, from: taken, sizeMax, deliver)
        giveBackMemory()
    }

    /// Reads more bytes behind those that are held: to the end of the unfinished frame, or as far
    /// as the memory goes, which is made larger only when it is full.
    public mutating func read(_ fill: (inout MutableRawSpan) -> ReadOutcome) -> ReadOutcome {
        var outcome = ReadOutcome.notReady
        let size = nextReadSize()
        held.append(reserving: size) { spare in
            var target = spare._mutatingExtracting(0..<size)
            outcome = fill(&target)
            guard case .bytes(let count) = outcome else { return 0 }
            return count
        }
        return outcome
    }

    private mutating func nextReadSize() -> Int {
        guard heldSize >= Self.sizeWidth else { return Self.readSizeMin }
        // A size that cannot be was refused when it came, except behind a pause.
        let claimed = min(max(0, Int(held.bytes.int32(at: taken))), sizeMax.bytes)
        let missing = Self.sizeWidth + claimed - heldSize
        guard missing > 0 else { return Self.readSizeMin }
        // Memory grows through halves of the frame, so that in the end it holds it exactly.
        if taken == 0 { held.countMax = Self.sizeWidth + claimed }
        return min(missing, max(held.capacity - held.count, Self.readSizeMin))
    }

    /// Frees what was taken once it is half of all: each byte is moved at most twice.
    private mutating func giveBackMemory() {
        guard taken > 0, taken >= held.count / 2 else { return }
        var rest = ByteBuffer(capacity: heldSize)
        rest.append(held.bytes.extracting(taken..<held.count))
        swap(&rest, &held)
        spare?.give(rest)
        taken = 0
    }

    /// - Returns: where the first frame starts that was not lent.
    private static func cut(
        _ bytes: RawSpan, from start: Int, _ sizeMax: ByteCount,
        _ deliver: (RawSpan) -> FrameFlow
    ) throws(FrameRefusal) -> Int {
        var place = start
        while bytes.byteCount - place >= sizeWidth {
            let size = bytes.int32(at: place)
            guard size >= 0 else { throw .negativeSize(size) }
            guard Int(size) <= sizeMax.bytes else { throw .tooLarge(size, sizeMax: sizeMax) }
            let body = place + sizeWidth
            guard bytes.byteCount - body >= Int(size) else { break }
            place = body + Int(size)
            if deliver(bytes.extracting(body..<place)) == .pause { break }
        }
        return place
    }
}
