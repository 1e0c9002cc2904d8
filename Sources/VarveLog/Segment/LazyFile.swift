internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// A file to write to that is opened when it is first needed: a log that nobody appends to holds
/// no descriptor, so that a process with a thousand of them serves ten thousand logs.
///
/// Its path is made when it is opened, of the segment that each call names: paths are most of what
/// a log at rest would keep in memory.
struct LazyFile: ~Copyable {
    private let content: SegmentFileName.Content
    private var opened: SharedFile?

    /// A file that is there.
    /// - Parameter file: nil where it is not open yet.
    init(_ content: SegmentFileName.Content, open file: consuming OpenFile? = nil) {
        self.content = content
        opened = SharedFile(file)
    }

    var isOpen: Bool { opened != nil }

    /// The file for a flush beside its owner; nil while it is not open.
    var forFlush: SharedFile? { opened }

    private mutating func open(_ segment: Segment) throws(FileError) -> SharedFile {
        if let opened { return opened }
        let path = content == .log ? segment.paths.log : segment.paths.path(content)
        let made = SharedFile(try OpenFile(path, .readWrite, in: segment.fileSystem))
        opened = made
        return made
    }

    mutating func write(
        _ bytes: RawSpan, at position: FilePosition, of segment: Segment
    ) throws(FileError) {
        try open(segment).file.write(bytes, at: position)
    }

    /// Writes zeros from one position to another, in pieces that end where pages do.
    mutating func writeZeros(at positions: Range<Int>, of segment: Segment) throws(FileError) {
        let opened = try open(segment)
        let zeros = Self.zeros
        var position = positions.lowerBound
        while position < positions.upperBound {
            let piece = min(zeros.count - position % 4096, positions.upperBound - position)
            try opened.file.write(
                zeros.rawSpan.extracting(0..<piece), at: FilePosition(position))
            position += piece
        }
    }

    private static let zeros = [UInt8](repeating: 0, count: 256 << 10)

    mutating func read(
        into buffer: inout MutableRawSpan, at position: FilePosition, of segment: Segment
    ) throws(FileError) -> Int {
        try open(segment).file.read(into: &buffer, at: position)
    }

    mutating func resize(to size: ByteCount, of segment: Segment) throws(FileError) {
        try open(segment).file.resize(to: size)
    }

    mutating func flush(_ segment: Segment) throws(FileError) { try open(segment).file.flush() }

    /// Gives the descriptor back until the file is needed again. Only of a file whose bytes are
    /// flushed: an error of the kernel's own writing is told to those who had the file open.
    mutating func rest() { opened = nil }
}

/// An open file whose descriptor lives as long as somebody needs it: its owner, or a flush beside
/// the owner that goes on when the owner has closed it.
final class SharedFile: Sendable {
    let file: OpenFile

    init(_ file: consuming OpenFile) { self.file = file }

    /// Nil for no file.
    convenience init?(_ file: consuming OpenFile?) {
        guard let file = file.take() else { return nil }
        self.init(file)
    }
}
