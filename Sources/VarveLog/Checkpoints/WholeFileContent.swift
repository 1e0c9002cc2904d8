public import VarveSystem
public import VarveTerms

/// What one kind of small text file holds: a value with a pure parser and a pure printer.
///
/// *Law*: parsing what was printed gives an equal value.
public protocol WholeFileContent: Hashable, Sendable {
    /// No sound file of the kind is larger; a larger one is refused unread.
    static var sizeMax: ByteCount { get }
    /// Reads the content of a file. No bytes whatever trap.
    init(parsing bytes: [UInt8]) throws(CheckpointDefect)
    /// The content of a file that says the same.
    func printed() -> [UInt8]
}

extension WholeFileContent {
    /// Reads the file at `path`; nil when there is none.
    /// - Throws: `.defect` when the content is not what the format allows, else what
    ///   `WholeFile.load` throws.
    public static func load(
        _ path: String, in fileSystem: any FileSystem
    ) throws(CheckpointError) -> Self? {
        guard let bytes = try WholeFile.load(path, sizeMax: sizeMax, in: fileSystem) else {
            return nil
        }
        do throws(CheckpointDefect) {
            return try Self(parsing: bytes)
        } catch {
            throw .defect(path: path, error)
        }
    }

    /// Replaces the file at `path` by this value.
    ///
    /// On return it survives a power cut; a crash before leaves the old file or this one.
    /// - Throws: `.file`, as `WholeFile.store`.
    public func store(at path: String, in fileSystem: any FileSystem) throws(CheckpointError) {
        do throws(FileError) {
            try WholeFile.store(printed(), at: path, in: fileSystem)
        } catch {
            throw .file(error)
        }
    }
}
