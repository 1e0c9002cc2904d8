import VarveBytes
public import VarveSystem
public import VarveTerms

/// A small file that is only ever read whole and replaced whole.
///
/// The new content goes to `<path>.tmp`, is flushed, and takes the name in one step; then the
/// directory is flushed. So a crash at any moment leaves the old content or the new one under
/// `path`, never a mixture, and perhaps a `.tmp` that nobody reads and the next store removes.
///
/// *Threads*: no two stores to one path at a time; they would share the `.tmp`.
/// *Source*: docs/formats/text-checkpoints.md, "Replacing a file".
public enum WholeFile {
    /// What the name of a file in the making ends in, in Kafka too.
    public static let temporarySuffix = ".tmp"

    /// Replaces what stands at `path`, or makes the file.
    ///
    /// On return the new content survives a power cut. When this throws, either content may stand
    /// there after a crash; before one the old does, unless only the last flush (of the directory)
    /// failed.
    /// - Throws: the first call of the file system that failed. After a failed flush a new attempt
    ///   is safe: it begins with a new file.
    /// - Complexity: two flushes.
    public static func store(
        _ bytes: [UInt8], at path: String, in fileSystem: any FileSystem
    ) throws(FileError) {
        let temporary = path + temporarySuffix
        let file = try createAnew(temporary, in: fileSystem)
        try file.write(bytes.rawSpan, at: .zero)
        try file.flush()
        try file.close()
        try fileSystem.rename(temporary, to: path)
        #if VARVE_PLANTED_BUGS
            if PlantedBug.noDirectoryFlushOnRename.isPlanted { return }
        #endif
        try fileSystem.flushDirectory(parent(of: path))
    }

    /// Reads all of the file at `path`; nil when there is none.
    /// - Throws: `.tooLarge` when the file has more than `sizeMax` bytes, before any memory is
    ///   taken for it; `.file` when the file system refuses.
    /// - Complexity: O(size), one open file.
    public static func load(
        _ path: String, sizeMax: ByteCount, in fileSystem: any FileSystem
    ) throws(CheckpointError) -> [UInt8]? {
        let file: OpenFile
        do throws(FileError) {
            file = try OpenFile(path, .read, in: fileSystem)
        } catch {
            if error.error == .notFound { return nil }
            throw .file(error)
        }
        let size: ByteCount
        do throws(FileError) {
            size = try file.size()
            if size <= sizeMax { return try content(of: file, size: size) }
        } catch {
            throw .file(error)
        }
        throw .tooLarge(path: path, size: size, sizeMax: sizeMax)
    }

    /// Takes the file at `path` away; nothing happens when there is none.
    ///
    /// On return its absence survives a power cut.
    /// - Complexity: one flush.
    public static func remove(
        _ path: String, in fileSystem: any FileSystem
    ) throws(FileError) {
        if try fileSystem.status(at: path) != nil { try fileSystem.removeFile(path) }
        try fileSystem.flushDirectory(parent(of: path))
    }

    /// The first `size` bytes, or fewer where the file ends before.
    private static func content(
        of file: borrowing OpenFile, size: ByteCount
    ) throws(FileError) -> [UInt8] {
        var buffer = ByteBuffer(capacity: size.bytes)
        try buffer.append(reserving: size.bytes) { (spare) throws(FileError) in
            var wanted = spare._mutatingExtracting(0..<size.bytes)
            return try file.read(into: &wanted, at: .zero)
        }
        return buffer.bytes.array()
    }

    /// A leftover is removed rather than written over: its pages may be those of a failed flush.
    private static func createAnew(
        _ path: String, in fileSystem: any FileSystem
    ) throws(FileError) -> OpenFile {
        do throws(FileError) {
            return try OpenFile(path, .createNew, in: fileSystem)
        } catch {
            guard error.error == .exists else { throw error }
        }
        try fileSystem.removeFile(path)
        return try OpenFile(path, .createNew, in: fileSystem)
    }

    /// The last part of `path`.
    static func name(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return String(path[path.utf8.index(after: slash)...])
    }

    /// The directory that holds `path`, as `flushDirectory` wants it.
    static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
