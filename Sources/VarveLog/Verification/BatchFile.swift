internal import VarveBytes
public import VarveRecords
public import VarveSystem
public import VarveTerms

/// A file of batches read from the front, whoever wrote it and whatever became of it: batch for
/// batch, stepping over damage. It changes nothing and needs no lock; bytes are copied.
///
///     var file = try BatchFile(path, in: fileSystem)
///     while let step = try file.next() { … }
public struct BatchFile: ~Copyable {
    public let path: String
    /// The file's length when it was opened.
    public let size: ByteCount
    /// The offset that the file's name says; 0 for other names.
    public let baseOffset: Offset
    /// The offset after the last whole batch so far.
    public private(set) var endOffset: Offset
    /// Where the last whole batch so far ends.
    public private(set) var endPosition = FilePosition.zero

    /// Decides what stands in the file, by copies; nil until it is needed.
    private var copied: BatchWalk?
    private let segment: Segment
    /// Reads plain batches as they lie in the page cache; nil where that is not wanted, and from
    /// the first one on that it finds a fault with.
    private var mapped: BatchWalk?
    private var position = 0
    private var batch = 0..<0
    /// Where the bytes of `batch` are.
    private var window: SegmentWindow
    /// Whether `batchBytes` are those of the mapping.
    private(set) var isBatchMapped = false
    /// The offset before the batch that was answered last.
    private var baseOfBatch: Offset

    /// What stands next in the file.
    public enum Step: Hashable, Sendable {
        /// A whole batch whose checksum holds; its bytes are `batchBytes`.
        case batch(BatchHeader, at: FilePosition)
        /// Bytes that are no batch, up to the next one or to the end of the file.
        case damage(CorruptRange)
    }

    /// - Throws: `.file` when it cannot be opened or is no file.
    public init(_ path: String, in fileSystem: any FileSystem) throws(LogError) {
        try self.init(path, sidecar: nil, in: fileSystem)
    }

    /// - Parameters:
    ///   - access: `.mapped` lends batches that the file may lose (`isBatchMapped`).
    ///   - sidecar: what batches are held against besides their checksums.
    init(
        _ path: String, _ access: Segment.Access = .copied, sidecar: SegmentSidecar?,
        in fileSystem: any FileSystem
    ) throws(LogError) {
        let name = path.split(separator: "/").last.map { String($0) } ?? path
        let base = SegmentFileName(name)?.baseOffset ?? .zero
        let length = try wrapping { () throws(FileError) in
            let file = try OpenFile(path, .read, in: fileSystem)
            let status = try file.status()
            guard status.kind != .directory else { throw FileError(.open, path, .isDirectory) }
            return status.size
        }
        func segment(_ access: Segment.Access) -> Segment {
            Segment(
                SegmentPaths(folder: WholeFile.parent(of: path), baseOffset: base, logPath: path),
                size: length.bytes, access: access, limits: .init(logSize: 0, indexSize: 0),
                sidecar: sidecar, in: fileSystem)
        }
        self.segment = segment(.copied)
        window = SegmentWindow(bytes: .copying(size: 0) { _ in 0 }, start: 0, end: 0)
        if access == .mapped {
            mapped = try? BatchWalk(segment(.mapped), at: 0, through: .includingUnflushed)
        }
        self.path = path
        size = length
        baseOffset = base
        endOffset = base
        baseOfBatch = base
    }

    /// The next batch, or the damaged bytes before it; nil at the end of the file.
    /// - Complexity: O(size of the batch); for damage, O(bytes up to the next batch).
    public mutating func next() throws(LogError) -> Step? {
        if let step = nextMapped() { return step }
        isBatchMapped = false
        var walk = try takeCopied()
        do {
            guard let header = try walk.header(at: position) else { return nil }
            try walk.verify(at: position, size: header.sizeInBytes)
            let window = walk.window
            copied = consume walk
            return take(header, window)
        } catch {
            guard case .defect(let defect) = error else { throw Self.logError(error) }
            return .damage(try stepOver(defect))
        }
    }

    private mutating func takeCopied() throws(LogError) -> BatchWalk {
        if let walk = copied.take() { return walk }
        return try BatchWalk(segment, at: position, through: .includingUnflushed)
    }

    /// The next batch, if it is a sound one of plain records: codecs want bytes that nobody changes
    /// under them, and whatever is in doubt is for the copy to decide.
    private mutating func nextMapped() -> Step? {
        guard var walk = mapped.take(), position < walk.window.reach else { return nil }
        let bytes = walk.window.bytes
        let place = position
        let header = GuardedBytes.shielding(bytes.bytes(in: place..<walk.window.reach)) {
            let header = try? walk.header(at: place)
            guard let header, (try? walk.verify(at: place, size: header.sizeInBytes)) != nil else {
                return nil as BatchHeader?
            }
            return header
        }
        guard case .some(.some(let header)) = header else { return nil }
        let window = walk.window
        mapped = consume walk
        guard header.isPlain else { return nil }
        isBatchMapped = true
        return take(header, window)
    }

    private mutating func take(_ header: BatchHeader, _ window: SegmentWindow) -> Step {
        self.window = window
        batch = position..<position + header.sizeInBytes
        position = batch.upperBound
        endPosition = FilePosition(position)
        baseOfBatch = endOffset
        endOffset =
            header.lastOffset.flatMap { Offset(exactly: $0)?.advanced(byExactly: 1) } ?? endOffset
        return .batch(header, at: FilePosition(batch.lowerBound))
    }

    /// Reads the batch that `next` answered once more, as a copy that nobody can change, and all
    /// that follows it.
    mutating func nextAgain() throws(LogError) -> Step? {
        mapped = nil
        copied = nil
        (position, endOffset) = (batch.lowerBound, baseOfBatch)
        endPosition = FilePosition(position)
        return try next()
    }

    private mutating func stepOver(_ defect: BatchDefect) throws(LogError) -> CorruptRange {
        var search = try DamageSearch(segment, through: .includingUnflushed)
        let next = try search.nextBatch(after: position, expected: endOffset)
        let start = position
        position = max(position, next.position)
        batch = 0..<0
        return CorruptRange(
            path: path, positions: FilePosition(start)..<FilePosition(position),
            offsets: endOffset..<max(endOffset, next.offset ?? endOffset), defect: defect)
    }

    /// Whether a damaged range is zeros up to the end of the file: space that was written ahead of
    /// the batches, or what a lost write left.
    public func isBlank(_ range: CorruptRange) -> Bool {
        range.positions.upperBound.bytes == size.bytes
            && TrailingZeros.start(
                in: path, from: range.positions.lowerBound.bytes, to: size.bytes,
                segment.fileSystem)
                == range.positions.lowerBound.bytes
    }

    private static func logError(_ failure: WalkFailure) -> LogError {
        switch failure {
        case .log(let error): error
        case .defect: preconditionFailure("a defect is not an error of the log")
        }
    }

    /// The batch that the last `next` answered; empty behind damage.
    public var batchBytes: RawSpan {
        @_lifetime(borrow self)
        get { batch.isEmpty ? RawSpan() : window.span(batch) }
    }
}

extension BatchHeader {
    /// Whether a batch's records stand in it as they are, and none is a marker.
    fileprivate var isPlain: Bool {
        !isLegacy && !attributes.isCompressed && !attributes.isControl
    }
}
