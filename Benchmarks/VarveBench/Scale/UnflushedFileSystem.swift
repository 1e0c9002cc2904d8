internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// The files of this machine without a flush: what is measured on it is the work of the program and
/// of the file system, not that of the disk, and thousands of logs are made in seconds.
final class UnflushedFileSystem: FileSystem {
    private let base: LinuxFileSystem

    init(_ base: LinuxFileSystem) { self.base = base }

    func flush(_ file: FileID) throws(FileError) {}

    func flushDirectory(_ directory: String) throws(FileError) {}

    // MARK: As it is

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileID {
        try base.open(path, mode)
    }

    func close(_ file: FileID) throws(FileError) { try base.close(file) }

    func status(of file: FileID) throws(FileError) -> FileStatus { try base.status(of: file) }

    func read(
        _ file: FileID, into buffer: inout MutableRawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        try base.read(file, into: &buffer, at: position)
    }

    func write(
        _ file: FileID, _ bytes: RawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        try base.write(file, bytes, at: position)
    }

    func resize(_ file: FileID, to size: ByteCount) throws(FileError) {
        try base.resize(file, to: size)
    }

    func reserve(_ file: FileID, size: ByteCount) throws(FileError) {
        try base.reserve(file, size: size)
    }

    func lock(_ file: FileID) throws(FileError) -> LockOutcome { try base.lock(file) }

    func map(_ file: FileID, size: ByteCount) throws(FileError) -> MappedBytes {
        try base.map(file, size: size)
    }

    func status(at path: String) throws(FileError) -> FileStatus? { try base.status(at: path) }

    func entries(of directory: String) throws(FileError) -> [DirectoryEntry] {
        try base.entries(of: directory)
    }

    func makeDirectory(_ path: String) throws(FileError) { try base.makeDirectory(path) }

    func removeDirectory(_ path: String) throws(FileError) { try base.removeDirectory(path) }

    func rename(_ path: String, to newPath: String) throws(FileError) {
        try base.rename(path, to: newPath)
    }

    func removeFile(_ path: String) throws(FileError) { try base.removeFile(path) }

    func freeSpace(at path: String) throws(FileError) -> ByteCount {
        try base.freeSpace(at: path)
    }
}

extension Workbench {
    /// This machine without the waiting for the disk.
    var unflushed: Surroundings {
        var surroundings = surroundings
        surroundings.fileSystem = UnflushedFileSystem(fileSystem)
        return surroundings
    }
}
