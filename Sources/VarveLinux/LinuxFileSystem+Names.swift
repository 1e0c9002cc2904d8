internal import CVarve
internal import Glibc
public import VarveSystem
public import VarveTerms

/// Names. Symbolic links are followed, so that a directory moved elsewhere and linked still counts
/// as one; only removing and renaming concern the link itself.
extension LinuxFileSystem {
    /// stat(2). A link that leads nowhere counts as nothing.
    /// - Throws: `.notDirectory` when a file stands where the path needs a directory.
    public func status(at path: String) throws(FileError) -> FileStatus? {
        var found = stat()
        do throws(FileError) {
            try attempt(.look, path) { unsafe stat(path, &found) }
        } catch {
            guard error.error == .notFound else { throw error }
            return nil
        }
        return FileStatus(found)
    }

    /// readdir(3). A name that is not UTF-8 comes with replacement characters and leads nowhere:
    /// nothing of Varve's or Kafka's is called so.
    public func entries(of directory: String) throws(FileError) -> [DirectoryEntry] {
        let descriptor = try openDirectory(directory, as: .list)
        guard let stream = unsafe fdopendir(descriptor) else {
            let code = errno
            _ = Glibc.close(descriptor)
            throw failure(.list, directory, code)
        }
        // Takes the descriptor along. Nothing was written, so closing has nothing to report.
        defer { _ = unsafe closedir(stream) }
        var entries: [DirectoryEntry] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                let code = errno
                if code == 0 { return entries }
                throw failure(.list, directory, code)
            }
            guard let name = unsafe varve_entry_name(entry) else { continue }
            let text = unsafe String(cString: name)
            if text == "." || text == ".." { continue }
            let kind: FileKind
            switch unsafe Int(entry.pointee.d_type) {
            case Int(DT_REG): kind = .file
            case Int(DT_DIR): kind = .directory
            case Int(DT_LNK), Int(DT_UNKNOWN):
                var found = stat()
                let outcome = unsafe fstatat(descriptor, name, &found, 0)
                kind = outcome == 0 ? FileStatus(found).kind : .other
            default: kind = .other
            }
            entries.append(DirectoryEntry(name: text, kind: kind))
        }
    }

    public func makeDirectory(_ path: String) throws(FileError) {
        try attempt(.makeDirectory, path) { unsafe mkdir(path, 0o755) }
    }

    public func removeDirectory(_ path: String) throws(FileError) {
        try attempt(.removeDirectory, path) { unsafe rmdir(path) }
    }

    public func rename(_ path: String, to newPath: String) throws(FileError) {
        guard !newPath.utf8.contains(0) else { throw FileError(.rename, newPath, .invalid) }
        try attempt(.rename, path) { unsafe Glibc.rename(path, newPath) }
    }

    public func removeFile(_ path: String) throws(FileError) {
        try attempt(.remove, path) { unsafe unlink(path) }
    }

    /// fsync(2) on the directory, opened for it.
    public func flushDirectory(_ directory: String) throws(FileError) {
        let descriptor = try openDirectory(directory, as: .flushDirectory)
        // Opened for reading: closing has nothing to report.
        defer { _ = Glibc.close(descriptor) }
        try attempt(.flushDirectory, directory) { fsync(descriptor) }
    }

    /// statvfs(3).
    public func freeSpace(at path: String) throws(FileError) -> ByteCount {
        var found = statvfs()
        try attempt(.measure, path) { unsafe statvfs(path, &found) }
        let (size, overflow) = UInt64(found.f_bavail).multipliedReportingOverflow(
            by: UInt64(found.f_frsize))
        return ByteCount(overflow ? Int.max : Int(clamping: size))
    }

    private func openDirectory(
        _ path: String, as operation: FileError.Operation
    ) throws(FileError) -> Int32 {
        try attempt(operation, path) {
            unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
    }
}
