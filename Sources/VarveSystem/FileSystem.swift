public import VarveTerms

/// An open file, as the file system that opened it knows it. Valid until it is closed there.
@frozen
public struct FileID: Hashable, Sendable {
    public let rawValue: Int32

    @inlinable
    public init(_ rawValue: Int32) { self.rawValue = rawValue }
}

/// How a file is opened.
public enum OpenMode: Hashable, Sendable {
    /// For reading; the file must be there.
    case read
    /// For reading and writing; the file must be there.
    case readWrite
    /// For reading and writing; made when missing.
    case readWriteOrCreate
    /// For reading and writing; refused with `.exists` when something has the name.
    case createNew
}

/// What stands under a name.
public enum FileKind: Hashable, Sendable { case file, directory, other }

/// What the file system tells of a name or of an open file.
public struct FileStatus: Hashable, Sendable {
    public var kind: FileKind
    /// The length of the file, whatever it takes on disk.
    public var size: ByteCount
    /// When the content last changed.
    public var modified: Timestamp
    /// Two names or open files with the same identity are one file.
    public var identity: FileIdentity

    public init(kind: FileKind, size: ByteCount, modified: Timestamp, identity: FileIdentity) {
        self.kind = kind
        self.size = size
        self.modified = modified
        self.identity = identity
    }
}

/// Device and inode.
public struct FileIdentity: Hashable, Sendable {
    public var device: UInt64
    public var node: UInt64

    public init(device: UInt64, node: UInt64) {
        self.device = device
        self.node = node
    }
}

/// A name in a directory and what stands under it.
public struct DirectoryEntry: Hashable, Sendable {
    public var name: String
    public var kind: FileKind

    public init(name: String, kind: FileKind) {
        self.name = name
        self.kind = kind
    }
}

/// What became of an attempt to lock a file.
public enum LockOutcome: Hashable, Sendable {
    case acquired
    /// Somebody else holds it; the process id where the system can tell.
    case heldBy(processID: Int32?)
}

/// Files and directories: `LinuxFileSystem` in life, `SimulatedDisk` in tests. Crossed once per
/// system call, never per record.
///
/// What survives a power cut: the bytes of a file once `flush` returned after they were written; a
/// name, and the absence of one, once `flushDirectory` returned for its parent directory. A process
/// that dies loses nothing that a call here returned for.
///
/// Every call retries EINTR by itself. Any call can fail with a `FileError`, which names operation,
/// path and error. *Threads*: any thread may call; calls on one file may overlap.
public protocol FileSystem: AnyObject, Sendable {
    // Files.
    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileID
    /// Never retried; the file counts as closed even when this throws.
    func close(_ file: FileID) throws(FileError)
    func status(of file: FileID) throws(FileError) -> FileStatus
    /// Reads into `buffer` from its start.
    /// - Returns: how many bytes; fewer than asked is lawful, 0 only at or past the file's end.
    func read(
        _ file: FileID, into buffer: inout MutableRawSpan, at position: FilePosition
    ) throws(FileError) -> Int
    /// Writes from the start of `bytes`, making the file longer where needed.
    /// - Returns: how many bytes were taken, at least 1 unless `bytes` is empty; fewer than
    ///   given is lawful.
    func write(
        _ file: FileID, _ bytes: RawSpan, at position: FilePosition
    ) throws(FileError) -> Int
    /// Cuts or extends (with zeros) the file to `size`, and gives back space reserved past it.
    func resize(_ file: FileID, to size: ByteCount) throws(FileError)
    /// Reserves disk space for the first `size` bytes without changing the file's length.
    func reserve(_ file: FileID, size: ByteCount) throws(FileError)
    /// On return everything written to `file` before the call survives a power cut, and so does
    /// the length that reaches it. When this throws, nothing is known of what reached the disk.
    func flush(_ file: FileID) throws(FileError)
    /// Has the system begin to write out what was written to `file`, so that a flush that follows
    /// has less to wait for. A hint: nothing is promised on return, and a failure shows in the
    /// flush.
    func beginWritingOut(_ file: FileID)
    /// Takes an exclusive advisory lock for as long as the file stays open. It excludes other
    /// processes and other openings in this process alike.
    func lock(_ file: FileID) throws(FileError) -> LockOutcome
    /// Maps the first `size` bytes for reading; `size` may pass the end of the file. Bytes written
    /// later are seen through the mapping; bytes past the end of the file must not be touched.
    func map(_ file: FileID, size: ByteCount) throws(FileError) -> MappedBytes

    // Names.
    /// nil when nothing has the name.
    func status(at path: String) throws(FileError) -> FileStatus?
    /// The names in a directory, `.` and `..` left out, in no particular order.
    func entries(of directory: String) throws(FileError) -> [DirectoryEntry]
    /// The parent must be there.
    func makeDirectory(_ path: String) throws(FileError)
    func removeDirectory(_ path: String) throws(FileError)
    /// Takes the place of whatever file has the new name, in one step.
    func rename(_ path: String, to newPath: String) throws(FileError)
    func removeFile(_ path: String) throws(FileError)
    /// On return the names made, changed and removed in `directory` before survive a power cut.
    func flushDirectory(_ directory: String) throws(FileError)
    /// Free bytes for an ordinary user on the file system that holds `path`.
    func freeSpace(at path: String) throws(FileError) -> ByteCount
}

extension FileSystem {
    /// Nothing: `flush` does all.
    public func beginWritingOut(_ file: FileID) {}
}
