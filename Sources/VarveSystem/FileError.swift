public import VarveTerms

/// A call of the file system that failed: what was tried, on which path, and the system's error.
public struct FileError: Error, Hashable, Sendable {
    /// What was tried.
    public enum Operation: String, Hashable, Sendable {
        case open, close, read, write, resize, reserve, flush, lock, map
        case look = "look at"
        case list
        case makeDirectory = "make directory"
        case removeDirectory = "remove directory"
        case rename, remove
        case flushDirectory = "flush directory"
        case measure = "measure free space of"
        case run
    }

    public var operation: Operation
    public var path: String
    public var error: SystemError
    /// Where in the file, for reads and writes.
    public var position: FilePosition?

    public init(
        _ operation: Operation, _ path: String, _ error: SystemError,
        at position: FilePosition? = nil
    ) {
        self.operation = operation
        self.path = path
        self.error = error
        self.position = position
    }
}

extension FileError: CustomStringConvertible {
    /// `cannot write /var/log/x.log at byte 12: no space left on device (ENOSPC)`.
    public var description: String {
        let place = position.map { " at byte \($0)" } ?? ""
        return "cannot \(operation.rawValue) \(path)\(place): \(error)"
    }
}
