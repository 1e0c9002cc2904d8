internal import VarveSystem
internal import VarveTerms

/// A file system that counts each call and hands it on.
final class CountingFiles: FileSystem {
    private let files: any FileSystem
    private let calls: CallCounter
    private let willFlush: (@Sendable () -> Void)?

    /// - Parameter willFlush: what happens before each flush of a file.
    init(
        _ files: any FileSystem, _ calls: CallCounter, willFlush: (@Sendable () -> Void)? = nil
    ) {
        self.files = files
        self.calls = calls
        self.willFlush = willFlush
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileID {
        calls.count(.open)
        return try files.open(path, mode)
    }

    func close(_ file: FileID) throws(FileError) {
        calls.count(.close)
        try files.close(file)
    }

    func status(of file: FileID) throws(FileError) -> FileStatus {
        calls.count(.look)
        return try files.status(of: file)
    }

    func read(
        _ file: FileID, into buffer: inout MutableRawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        let count = try files.read(file, into: &buffer, at: position)
        calls.count(.read, read: count)
        return count
    }

    func write(
        _ file: FileID, _ bytes: RawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        let count = try files.write(file, bytes, at: position)
        calls.count(.write, written: count)
        return count
    }

    func resize(_ file: FileID, to size: ByteCount) throws(FileError) {
        calls.count(.resize)
        try files.resize(file, to: size)
    }

    func reserve(_ file: FileID, size: ByteCount) throws(FileError) {
        calls.count(.reserve)
        try files.reserve(file, size: size)
    }

    func flush(_ file: FileID) throws(FileError) {
        calls.count(.flush)
        willFlush?()
        try files.flush(file)
    }

    func beginWritingOut(_ file: FileID) { files.beginWritingOut(file) }

    func lock(_ file: FileID) throws(FileError) -> LockOutcome {
        calls.count(.lock)
        return try files.lock(file)
    }

    func map(_ file: FileID, size: ByteCount) throws(FileError) -> MappedBytes {
        calls.count(.map)
        return try files.map(file, size: size)
    }

    func status(at path: String) throws(FileError) -> FileStatus? {
        calls.count(.look)
        return try files.status(at: path)
    }

    func entries(of directory: String) throws(FileError) -> [DirectoryEntry] {
        calls.count(.list)
        return try files.entries(of: directory)
    }

    func makeDirectory(_ path: String) throws(FileError) {
        calls.count(.makeDirectory)
        try files.makeDirectory(path)
    }

    func removeDirectory(_ path: String) throws(FileError) {
        calls.count(.removeDirectory)
        try files.removeDirectory(path)
    }

    func rename(_ path: String, to newPath: String) throws(FileError) {
        calls.count(.rename)
        try files.rename(path, to: newPath)
    }

    func removeFile(_ path: String) throws(FileError) {
        calls.count(.remove)
        try files.removeFile(path)
    }

    func flushDirectory(_ directory: String) throws(FileError) {
        calls.count(.flushDirectory)
        try files.flushDirectory(directory)
    }

    func freeSpace(at path: String) throws(FileError) -> ByteCount {
        calls.count(.measure)
        return try files.freeSpace(at: path)
    }
}
