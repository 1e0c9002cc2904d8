internal import CVarve
internal import Glibc
internal import Synchronization
public import VarveSystem
public import VarveTerms

/// The files and directories of this machine.
///
/// Nothing is cached: each call is one system call, or the few that its comment names, and what it
/// promises after a power cut is what Linux and the file system below promise. Files are made with
/// mode 0644 and directories with 0755, less the umask; no descriptor is inherited by programs that
/// this one starts.
///
/// *Invariants*: a `FileID` is a file descriptor, and `paths` names every one that is open here.
/// *Threads*: any thread may call; only opening, closing and failing take the lock.
public final class LinuxFileSystem: FileSystem {
    /// Paths as they were opened, for errors.
    private let paths = Mutex<[FileID: String]>([:])
    /// Files that were locked.
    private let locked = Mutex<Set<FileID>>([])

    public init() {}

    /// Opens with open(2), then looks with fstat(2): only regular files are let in.
    /// - Throws: `.isDirectory` for a directory, `.invalid` for a pipe, a device or a socket, and
    ///   what open(2) says.
    public func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileID {
        // O_NONBLOCK keeps the opening of a named pipe from waiting for its other end; on regular
        // files it changes nothing.
        let always = O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .readWrite: O_RDWR
            case .readWriteOrCreate: O_RDWR | O_CREAT
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            }
        let descriptor: Int32
        do throws(FileError) {
            descriptor = try attempt(.open, path) {
                unsafe Glibc.open(path, flags | always, 0o644)
            }
        } catch {
            // What open(2) says of a socket.
            guard error.error == SystemError(code: ENXIO) else { throw error }
            throw FileError(.open, path, .invalid)
        }
        do throws(FileError) {
            switch try look(at: descriptor, as: .open, path).kind {
            case .file: break
            case .directory: throw FileError(.open, path, .isDirectory)
            case .other: throw FileError(.open, path, .invalid)
            }
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        let file = FileID(descriptor)
        paths.withLock { $0[file] = path }
        return file
    }

    public func close(_ file: FileID) throws(FileError) {
        // The number may be given out again as soon as close(2) is under way, so it is forgotten
        // before.
        let path = paths.withLock { $0.removeValue(forKey: file) }
        guard let path else { preconditionFailure("file \(file.rawValue) is not open") }
        // A program that another thread starts has this descriptor until it is under way, and would
        // hold the lock as long.
        if locked.withLock({ $0.remove(file) }) != nil { _ = varve_unlock_opening(file.rawValue) }
        if Glibc.close(file.rawValue) == -1 { throw failure(.close, path, errno) }
    }

    public func status(of file: FileID) throws(FileError) -> FileStatus {
        var found = stat()
        try call(.look, on: file) { unsafe fstat(file.rawValue, &found) }
        return FileStatus(found)
    }

    /// One pread(2).
    public func read(
        _ file: FileID, into buffer: inout MutableRawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        try unsafe buffer.withUnsafeMutableBytes { bytes throws(FileError) in
            try call(.read, on: file, at: position) {
                unsafe pread(file.rawValue, bytes.baseAddress, bytes.count, position.bytes)
            }
        }
    }

    /// One pwrite(2).
    public func write(
        _ file: FileID, _ bytes: RawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        try unsafe bytes.withUnsafeBytes { bytes throws(FileError) in
            try call(.write, on: file, at: position) {
                unsafe pwrite(file.rawValue, bytes.baseAddress, bytes.count, position.bytes)
            }
        }
    }

    /// ftruncate(2), twice when the file grows: Linux gives back reserved space only when the new
    /// length is not larger than the old one.
    public func resize(_ file: FileID, to size: ByteCount) throws(FileError) {
        let before = try status(of: file).size
        try call(.resize, on: file) { ftruncate(file.rawValue, size.bytes) }
        if before < size {
            try call(.resize, on: file) { ftruncate(file.rawValue, size.bytes) }
        }
    }

    /// - Throws: `.unsupported` where the file system cannot reserve.
    public func reserve(_ file: FileID, size: ByteCount) throws(FileError) {
        // fallocate(2) refuses an empty range.
        guard size > .zero else { return }
        try call(.reserve, on: file) { varve_reserve(file.rawValue, size.bytes) }
    }

    /// fdatasync(2): the bytes and the length that reaches them, not the times.
    public func flush(_ file: FileID) throws(FileError) {
        try call(.flush, on: file) { fdatasync(file.rawValue) }
    }

    /// sync_file_range(2), which starts to write pages out and waits for none of them.
    public func beginWritingOut(_ file: FileID) {
        _ = varve_begin_write_out(file.rawValue)
    }

    /// Takes an open-file-description lock on the whole file (fcntl(2)). It excludes the POSIX
    /// locks of other programs too, Java's among them, and only those name their holder.
    /// - Precondition: the file was opened for writing.
    public func lock(_ file: FileID) throws(FileError) -> LockOutcome {
        // A holder that lets go between the two questions is worth another attempt; one that does
        // so every time is answered as held, by nobody the system can name.
        for _ in 0..<3 {
            do throws(FileError) {
                try call(.lock, on: file) { varve_lock_opening(file.rawValue) }
                _ = locked.withLock { $0.insert(file) }
                return .acquired
            } catch {
                guard error.error == .tryAgain || error.error == .accessDenied else { throw error }
            }
            var holder: pid_t = 0
            try call(.lock, on: file) { unsafe varve_lock_holder(file.rawValue, &holder) }
            if holder != 0 { return .heldBy(processID: holder > 0 ? holder : nil) }
        }
        return .heldBy(processID: nil)
    }

    /// mmap(2), shared and for reading only.
    public func map(_ file: FileID, size: ByteCount) throws(FileError) -> MappedBytes {
        guard size > .zero else {
            // mmap(2) refuses an empty range; any address will do for no bytes.
            guard let nowhere = unsafe UnsafeRawPointer(bitPattern: 1) else {
                preconditionFailure("address 1 is not null")
            }
            return unsafe MappedBytes(base: nowhere, count: 0) { _, _ in }
        }
        guard
            let base = unsafe mmap(nil, size.bytes, PROT_READ, MAP_SHARED, file.rawValue, 0),
            unsafe base != MAP_FAILED
        else { throw failure(.map, path(of: file), errno) }
        return unsafe MappedBytes(base: base, count: size.bytes) { base, count in
            let outcome = unsafe munmap(UnsafeMutableRawPointer(mutating: base), count)
            precondition(outcome == 0, "a mapping is taken down by its owner only")
        }
    }

    /// The path under which `file` was opened.
    private func path(of file: FileID) -> String {
        paths.withLock { $0[file] } ?? "file \(file.rawValue), which is not open"
    }

    @discardableResult
    private func call<Value: SignedInteger>(
        _ operation: FileError.Operation, on file: FileID, at position: FilePosition? = nil,
        _ body: () -> Value
    ) throws(FileError) -> Value {
        let (outcome, code) = repeating(body)
        guard outcome != -1 else { throw failure(operation, path(of: file), code, at: position) }
        return outcome
    }
}
