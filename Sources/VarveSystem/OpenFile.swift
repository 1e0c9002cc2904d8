public import VarveTerms

/// An open file with one owner. Copies do not exist, so nothing is closed twice or forgotten.
///
/// Short reads and short writes of the file system below are carried on here until all is done.
public struct OpenFile: ~Copyable, Sendable {
    public let id: FileID
    public let path: String
    private let fileSystem: any FileSystem
    private var isOpen = true

    /// - Throws: what `FileSystem.open` throws.
    public init(
        _ path: String, _ mode: OpenMode, in fileSystem: any FileSystem
    ) throws(FileError) {
        id = try fileSystem.open(path, mode)
        self.path = path
        self.fileSystem = fileSystem
    }

    deinit { if isOpen { try? fileSystem.close(id) } }

    /// Closes and reports what closing said. Never retried (close(2)).
    public consuming func close() throws(FileError) {
        isOpen = false
        try fileSystem.close(id)
    }

    public func size() throws(FileError) -> ByteCount { try fileSystem.status(of: id).size }

    public func status() throws(FileError) -> FileStatus { try fileSystem.status(of: id) }

    /// Writes all of `bytes`. When it throws, any part of them may stand in the file.
    public func write(_ bytes: RawSpan, at position: FilePosition) throws(FileError) {
        var done = 0
        while done < bytes.byteCount {
            let rest = bytes.extracting(done..<bytes.byteCount)
            let count = try fileSystem.write(id, rest, at: position.advanced(by: done))
            guard count > 0 else {
                throw FileError(.write, path, .inputOutput, at: position.advanced(by: done))
            }
            #if VARVE_PLANTED_BUGS
                if PlantedBug.shortWriteBelieved.isPlanted { return }
            #endif
            done += count
        }
    }

    /// Fills `buffer` as far as the file reaches.
    /// - Returns: how many bytes; fewer than asked only where the file ends.
    public func read(
        into buffer: inout MutableRawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        var done = 0
        while done < buffer.byteCount {
            var rest = buffer._mutatingExtracting(done..<buffer.byteCount)
            let count = try fileSystem.read(id, into: &rest, at: position.advanced(by: done))
            if count == 0 { break }
            done += count
        }
        return done
    }

    public func resize(to size: ByteCount) throws(FileError) {
        try fileSystem.resize(id, to: size)
    }

    public func reserve(_ size: ByteCount) throws(FileError) {
        try fileSystem.reserve(id, size: size)
    }

    /// On return everything written before survives a power cut.
    public func flush() throws(FileError) { try fileSystem.flush(id) }

    /// Has the system begin what a flush would wait for; see `FileSystem.beginWritingOut`.
    public func beginWritingOut() { fileSystem.beginWritingOut(id) }

    public func lock() throws(FileError) -> LockOutcome { try fileSystem.lock(id) }

    public func map(size: ByteCount) throws(FileError) -> MappedBytes {
        try fileSystem.map(id, size: size)
    }
}
