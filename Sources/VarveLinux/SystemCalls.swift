internal import Glibc
internal import VarveSystem
internal import VarveTerms

/// Runs a system call, again as long as a signal interrupts it.
/// - Returns: what it returned, and errno when that is −1.
func repeating<Value: SignedInteger>(_ call: () -> Value) -> (outcome: Value, code: Int32) {
    while true {
        let outcome = call()
        // errno is read before anything else can run that might set it.
        let code = errno
        if outcome != -1 { return (outcome, 0) }
        if code != EINTR { return (outcome, code) }
    }
}

/// Runs a system call on a path.
/// - Throws: `.invalid` for a path with a zero byte in it, at which C would cut it short; else
///   what errno says.
@discardableResult
func attempt(
    _ operation: FileError.Operation, _ path: String, _ call: () -> Int32
) throws(FileError) -> Int32 {
    guard !path.utf8.contains(0) else { throw FileError(operation, path, .invalid) }
    let (outcome, code) = repeating(call)
    guard outcome != -1 else { throw failure(operation, path, code) }
    return outcome
}

/// What fstat(2) tells of an open descriptor.
func look(
    at descriptor: Int32, as operation: FileError.Operation, _ path: String
) throws(FileError) -> FileStatus {
    var found = stat()
    try attempt(operation, path) { unsafe fstat(descriptor, &found) }
    return FileStatus(found)
}

/// The error for what a system call left in errno. A descriptor or an address that Linux does not
/// know can only come from a mistake in this program, and going on could write to a stranger's
/// file: that ends the process.
func failure(
    _ operation: FileError.Operation, _ path: String, _ code: Int32,
    at position: FilePosition? = nil
) -> FileError {
    let error = FileError(operation, path, SystemError(code: code), at: position)
    precondition(code != EBADF && code != EFAULT, "\(error)")
    return error
}

extension FileStatus {
    init(_ found: stat) {
        let kind: FileKind =
            switch found.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            default: .other
            }
        // Times that no clock shows, on a damaged file system, are held at the ends of the range.
        let (whole, overflow) = Int64(found.st_mtim.tv_sec).multipliedReportingOverflow(by: 1000)
        let (sum, sumOverflow) = whole.addingReportingOverflow(
            Int64(found.st_mtim.tv_nsec) / 1_000_000)
        let limit: Int64 = found.st_mtim.tv_sec < 0 ? .min : .max
        self.init(
            kind: kind,
            size: ByteCount(max(0, Int(found.st_size))),
            modified: Timestamp(milliseconds: overflow || sumOverflow ? limit : sum),
            identity: FileIdentity(device: UInt64(found.st_dev), node: UInt64(found.st_ino)))
    }
}
