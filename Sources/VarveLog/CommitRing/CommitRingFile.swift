internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// Where a frame stands in the ring, and its number.
struct CommitFramePlace: Hashable {
    var sequence: UInt64
    var position: Int
}

/// The file of a commit ring, and where its next frame goes.
///
///     │ header │ header │ void │ frame 7 │ frame 8 │ frame 9 │ next frame …      not wrapped
///     │ header │ header │ frame 10 │ next frame … │ frame 7 │ frame 8 │ frame 9 │   wrapped
///
/// *Invariants*: a frame is written only when all before it are flushed, and never over one that
/// counts; a number is given to one frame only.
/// *Source*: docs/formats/commit-ring.md.
final class CommitRingFile {
    private let file: OpenFile
    private let capacity: Int
    private(set) var header: CommitRingHeader
    /// The number of the next frame.
    private(set) var sequence: UInt64 = 0
    /// Where the last frame ends, and how far the file's blocks are written.
    private var position = CommitRingHeader.Layout.framesStart
    private var writtenSize = CommitRingHeader.Layout.framesStart

    /// How many blocks are written at first. The file grows as it is used, twofold at first.
    private static let firstSize = 1 << 20
    /// By how much it grows at a time, at most: who waits for the next flush waits for this, too.
    private static let growthMax = 2 << 20

    /// Makes the file, of a life of its own. On return its header is flushed and its name is not.
    /// - Precondition: none stands at `path`.
    init(_ path: String, capacity: Int, in surroundings: Surroundings) throws(FileError) {
        let made = try OpenFile(path, .createNew, in: surroundings.fileSystem)
        header = CommitRingHeader(life: surroundings.randomness.uniqueID())
        try made.store(header)
        file = made
        self.capacity = capacity / CommitFrame.Layout.alignment * CommitFrame.Layout.alignment
    }

    // MARK: Room

    /// Whether frames of it count.
    var hasFrames: Bool { sequence > header.sequence }

    /// Whether the last frame stands before the first one.
    private var isWrapped: Bool { hasFrames && position <= header.position }

    /// Where the next frame goes, of `stride` bytes; nil where frames that count are in its way.
    private func place(for stride: Int) -> Int? {
        if isWrapped { return position + stride < header.position ? position : nil }
        let start = CommitRingHeader.Layout.framesStart
        let isFree = start + stride < header.position
        // The file gets longer only where less than half of it is free.
        let mayGrow = !isFree || 2 * (header.position - start) < writtenSize
        if position + stride <= (mayGrow ? capacity : writtenSize) { return position }
        return isFree ? start : nil
    }

    func hasRoom(for stride: Int) -> Bool { place(for: stride) != nil }

    /// Whether frames before `first`, all when it is nil, are in the way of one of `stride` bytes
    /// that would have to make the file longer, and are half of it.
    func isWorthVoiding(before first: CommitFramePlace?, for stride: Int) -> Bool {
        guard let place = place(for: stride), place + stride > writtenSize else { return false }
        return 2 * (first.map { distance(of: $0) } ?? writtenSize) >= writtenSize
    }

    /// How many more frames of `stride` bytes there is room for.
    func frameCount(of stride: Int) -> Int {
        if isWrapped { return (header.position - position - 1) / stride }
        let start = CommitRingHeader.Layout.framesStart
        return (capacity - position) / stride + max(0, header.position - start - 1) / stride
    }

    /// How far behind the first frame a place is, in bytes.
    func distance(of place: CommitFramePlace) -> Int {
        let distance = place.position - header.position
        return distance < 0 ? distance + capacity : distance
    }

    /// An eighth of what it takes.
    var eighth: Int { capacity / 8 }

    // MARK: Writing

    /// Sees to it that the next frame, of `stride` bytes, finds blocks that were written before.
    func grow(for stride: Int) throws(FileError) {
        guard let place = place(for: stride), place + stride > writtenSize else { return }
        let next = min(2 * writtenSize, writtenSize + Self.growthMax)
        let target = min(capacity, max(place + stride, next, Self.firstSize))
        var zeros = ByteBuffer(capacity: 64)
        zeros.appendZeros(min(1 << 20, target - writtenSize))
        while writtenSize < target {
            let count = min(zeros.count, target - writtenSize)
            try file.write(zeros.bytes.extracting(0..<count), at: FilePosition(writtenSize))
            writtenSize += count
        }
    }

    /// Writes a frame that was begun with `sequence` and this life.
    ///
    /// On return it survives a power cut. When it throws it may be there all the same, and nothing
    /// may be written to the file any more.
    /// - Returns: where it stands.
    @discardableResult
    func append(_ frame: borrowing CommitFrameBuilder) throws(FileError) -> CommitFramePlace {
        let count = frame.buffer.count
        guard let start = place(for: count) else { preconditionFailure("no room for the frame") }
        try file.write(frame.buffer.bytes, at: FilePosition(start))
        #if VARVE_PLANTED_BUGS
            if !PlantedBug.ringNotFlushed.isPlanted { try file.flush() }
        #else
            try file.flush()
        #endif
        position = start + count
        writtenSize = max(writtenSize, position)
        defer { sequence += 1 }
        return CommitFramePlace(sequence: sequence, position: start)
    }

    /// Voids the frames before `place`, or all.
    ///
    /// On return no crash brings them back. When it throws they may count or not, and nothing may
    /// be written to the file any more.
    func void(before place: CommitFramePlace?) throws(FileError) {
        var next = header
        next.sequence = place?.sequence ?? sequence
        next.position = place?.position ?? CommitRingHeader.Layout.framesStart
        guard next.sequence > header.sequence else { return }
        #if VARVE_PLANTED_BUGS
            if !PlantedBug.ringNotVoided.isPlanted { try file.store(next) }
        #else
            try file.store(next)
        #endif
        header = next
        if place == nil { position = CommitRingHeader.Layout.framesStart }
    }
}
