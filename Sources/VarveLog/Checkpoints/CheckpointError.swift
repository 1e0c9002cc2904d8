public import VarveSystem
public import VarveTerms

/// Why one of a data directory's text files could not be read or replaced.
public enum CheckpointError: Error, Hashable, Sendable {
    /// The file system refused; the error names operation and path.
    case file(FileError)
    /// The file is larger than any lawful one, so it was not read at all.
    case tooLarge(path: String, size: ByteCount, sizeMax: ByteCount)
    /// The file was read, and its content is not what the format allows.
    case defect(path: String, CheckpointDefect)
}

extension CheckpointError: CustomStringConvertible {
    /// `/var/lib/kafka/meta.properties, line 2: node.id is "x", expected 0 to 2147483647`.
    public var description: String {
        switch self {
        case .file(let error): error.description
        case .tooLarge(let path, let size, let sizeMax):
            "\(path) has \(size) bytes, expected at most \(sizeMax)"
        case .defect(let path, let defect): "\(path), \(defect)"
        }
    }
}
