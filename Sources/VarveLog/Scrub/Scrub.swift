internal import VarveRecords
internal import VarveSystem
public import VarveTerms

/// Goes through the flushed bytes of a log in the background, a few at a time, so that damage is
/// found while there still is another copy. What it finds goes to the log's quarantine; a fence
/// around bytes that are sound again is lifted.
///
///     var scrub = Scrub(of: log.reader)
///     while !(try scrub.step(budget: .mib(1)).isDone) { … }
///
/// Each batch is held against its checksum and must come after the one before it, and against what
/// else is known of the segment's bytes. Retention and cuts may go on meanwhile.
/// *Threads*: a value with one owner, which need not be the log's.
public struct Scrub {
    /// Where a scrub goes on.
    public struct Mark: Hashable, Sendable {
        /// The base offset of the segment.
        public var segment: Offset
        /// Where a batch, or damage, starts in it.
        public var position: FilePosition

        public init(segment: Offset, position: FilePosition = .zero) {
            self.segment = segment
            self.position = position
        }
    }

    /// What a step did.
    public struct Progress: Hashable, Sendable {
        /// Bytes that were gone through.
        public var size = ByteCount.zero
        /// Damage that was met, known before or not.
        public var found: [CorruptRange] = []
        /// Whether the log's flushed end was reached.
        public var isDone = false
    }

    private let reader: LogReader
    /// Where the next step begins.
    public private(set) var mark: Mark
    /// The offset after the last batch; nil where a scrub was taken up in the middle.
    private var expected: Offset?

    /// - Parameter mark: where an earlier scrub was left; nil for the log's start.
    public init(of reader: LogReader, from mark: Mark? = nil) {
        self.reader = reader
        self.mark = mark ?? Mark(segment: .zero)
    }

    /// Goes through at least `budget` bytes, unless the log ends before: whole batches, and as much
    /// damage as there is in one piece.
    ///
    /// - Throws: `.file` for what cannot be read for another reason than its own damage.
    public mutating func step(budget: ByteCount) throws(LogError) -> Progress {
        var progress = Progress()
        while progress.size < budget {
            guard let segment = try currentSegment() else {
                progress.isDone = true
                break
            }
            do {
                try read(segment, budget, &progress)
            } catch {
                // Retention takes segments while they are looked at.
                guard error.isMissingFile, currentIsGone else { throw error }
            }
        }
        return progress
    }

    private var currentIsGone: Bool {
        !reader.published.segments.contains { $0.baseOffset == mark.segment }
    }

    /// The segment that the mark is in, or the next one when it is gone or done with.
    private mutating func currentSegment() throws(LogError) -> Segment? {
        let segments = reader.published.segments
        guard let first = segments.first(where: { $0.baseOffset >= mark.segment }) else {
            return nil
        }
        if first.baseOffset != mark.segment {
            mark = Mark(segment: first.baseOffset)
            expected = nil
        }
        if mark.position.bytes < first.flushedSize { return first }
        guard let next = segments.first(where: { $0.baseOffset > mark.segment }) else {
            return nil
        }
        mark = Mark(segment: next.baseOffset)
        return next.flushedSize > 0 ? next : try currentSegment()
    }

    private mutating func read(
        _ segment: Segment, _ budget: ByteCount, _ progress: inout Progress
    ) throws(LogError) {
        var walk = try BatchWalk(segment, at: mark.position.bytes, through: .flushed)
        let fences = reader.quarantine.ranges.filter { $0.segment == segment.baseOffset }
        while progress.size < budget, mark.position.bytes < walk.end {
            let position = mark.position.bytes
            do {
                guard let header = try walk.header(at: position) else { return }
                try checkOrder(header)
                try walk.verify(at: position, size: header.sizeInBytes)
                pass(header.sizeInBytes, &progress)
                expected = header.lastOffset.flatMap { Offset(exactly: $0)?.advanced(byExactly: 1) }
                lift(fences, around: position..<mark.position.bytes)
            } catch {
                switch error {
                case .log(let error): throw error
                case .defect(let defect):
                    let damage = try damage(at: position, in: segment, defect)
                    reader.published.damage.note(damage)
                    progress.found.append(damage)
                    pass(max(1, damage.positions.upperBound.bytes - position), &progress)
                    expected = damage.offsets.upperBound
                }
            }
        }
    }

    private mutating func pass(_ size: Int, _ progress: inout Progress) {
        mark.position = mark.position.advanced(by: size)
        progress.size = progress.size + ByteCount(size)
    }

    private func checkOrder(_ header: BatchHeader) throws(WalkFailure) {
        guard let expected, header.baseOffset < expected.rawValue else { return }
        throw .defect(
            .offsetOutOfOrder(baseOffset: header.baseOffset, expected: expected.rawValue))
    }

    private func damage(
        at position: Int, in segment: Segment, _ defect: BatchDefect
    ) throws(LogError) -> CorruptRange {
        let start = expected ?? segment.baseOffset
        var search = try DamageSearch(segment, through: .flushed)
        let next = try search.nextBatch(after: position, expected: start)
        let following = reader.published.segments(from: segment.baseOffset, count: 2)
        let end = following.dropFirst().first?.baseOffset ?? reader.ends.flushed
        return CorruptRange(
            path: segment.paths.log,
            positions: FilePosition(position)..<FilePosition(max(position, next.position)),
            offsets: start..<max(start, next.offset ?? end), defect: defect)
    }

    /// Lifts fences around bytes that turned out to be sound.
    private func lift(_ fences: [FencedRange], around positions: Range<Int>) {
        let sound = FilePosition(positions.lowerBound)..<FilePosition(positions.upperBound)
        for fence in fences where !fence.positions.isEmpty && fence.positions.overlaps(sound) {
            reader.published.damage.remove {
                $0.segment == fence.segment && $0.positions == fence.positions
            }
        }
    }
}
