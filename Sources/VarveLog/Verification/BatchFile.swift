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

    private var walk: BatchWalk
    private var position = 0
    private var batch = 0..<0

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

    /// - Parameter sidecar: what batches are held against besides their checksums.
    init(
        _ path: String, sidecar: SegmentSidecar?, in fileSystem: any FileSystem
    ) throws(LogError) {
        let name = path.split(separator: "/").last.map { String($0) } ?? path
        let base = SegmentFileName(name)?.baseOffset ?? .zero
        let length = try wrapping { () throws(FileError) in
            let file = try OpenFile(path, .read, in: fileSystem)
            let status = try file.status()
            guard status.kind != .directory else { throw FileError(.open, path, .isDirectory) }
            return status.size
        }
        let segment = Segment(
            SegmentPaths(folder: WholeFile.parent(of: path), baseOffset: base, logPath: path),
            size: length.bytes, access: .copied, limits: .init(logSize: 0, indexSize: 0),
            sidecar: sidecar, in: fileSystem)
        walk = try BatchWalk(segment, at: 0, through: .includingUnflushed)
        self.path = path
        size = length
        baseOffset = base
        endOffset = base
    }

    /// The next batch, or the damaged bytes before it; nil at the end of the file.
    /// - Complexity: O(size of the batch); for damage, O(bytes up to the next batch).
    public mutating func next() throws(LogError) -> Step? {
        do {
            guard let header = try walk.header(at: position) else { return nil }
            try walk.verify(at: position, size: header.sizeInBytes)
            batch = position..<position + header.sizeInBytes
            position = batch.upperBound
            endPosition = FilePosition(position)
            endOffset =
                header.lastOffset.flatMap { Offset(exactly: $0)?.advanced(byExactly: 1) }
                ?? endOffset
            return .batch(header, at: FilePosition(batch.lowerBound))
        } catch {
            guard case .defect(let defect) = error else { throw Self.logError(error) }
            return .damage(try stepOver(defect))
        }
    }

    private mutating func stepOver(_ defect: BatchDefect) throws(LogError) -> CorruptRange {
        var search = try DamageSearch(walk.segment, through: .includingUnflushed)
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
                walk.segment.fileSystem)
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
        get { batch.isEmpty ? RawSpan() : walk.window.span(batch) }
    }
}
