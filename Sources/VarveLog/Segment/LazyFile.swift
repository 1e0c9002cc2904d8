internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// A file to write to that is opened when it is first needed: a log that nobody appends to holds
/// no descriptor, so that a process with a thousand of them serves ten thousand logs.
///
/// Its path is made when it is opened: paths are most of what a log at rest would keep in memory.
struct LazyFile: ~Copyable {
    private let paths: SegmentPaths
    private let content: SegmentFileName.Content
    private let fileSystem: any FileSystem
    private var file: OpenFile?

    /// A file that is there.
    /// - Parameter file: nil where it is not open yet.
    init(
        _ paths: SegmentPaths, _ content: SegmentFileName.Content,
        open file: consuming OpenFile? = nil, in fileSystem: any FileSystem
    ) {
        (self.paths, self.content, self.fileSystem) = (paths, content, fileSystem)
        self.file = file
    }

    private var path: String { content == .log ? paths.log : paths.path(content) }

    var isOpen: Bool { file != nil }

    private mutating func open() throws(FileError) {
        if file == nil { file = try OpenFile(path, .readWrite, in: fileSystem) }
    }

    mutating func write(_ bytes: RawSpan, at position: FilePosition) throws(FileError) {
        try open()
        try file?.write(bytes, at: position)
    }

    /// Writes zeros from one position to another, in pieces that end where pages do.
    mutating func writeZeros(at positions: Range<Int>) throws(FileError) {
        try open()
        let zeros = Self.zeros
        var position = positions.lowerBound
        while position < positions.upperBound {
            let piece = min(zeros.count - position % 4096, positions.upperBound - position)
            try file?.write(
                zeros.rawSpan.extracting(0..<piece), at: FilePosition(position))
            position += piece
        }
    }

    private static let zeros = [UInt8](repeating: 0, count: 256 << 10)

    mutating func read(
        into buffer: inout MutableRawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        try open()
        return try file?.read(into: &buffer, at: position) ?? 0
    }

    mutating func resize(to size: ByteCount) throws(FileError) {
        try open()
        try file?.resize(to: size)
    }

    mutating func flush() throws(FileError) {
        try open()
        try file?.flush()
    }

    /// Gives the descriptor back until the file is needed again. Only of a file whose bytes are
    /// flushed: an error of the kernel's own writing is told to those who had the file open.
    mutating func rest() { file = nil }
}
