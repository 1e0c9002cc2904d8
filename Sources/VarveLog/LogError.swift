public import VarveRecords
public import VarveSystem
public import VarveTerms

/// Why the engine could not do what it was asked: the world failed, or the input is unlawful.
/// Answers such as "no record there yet" are outcomes, not errors.
public enum LogError: Error, Hashable, Sendable {
    /// A call of the file system failed.
    case file(FileError)
    /// A text file of the directory cannot be understood.
    case checkpoint(CheckpointError)
    /// Another program, or another opening in this one, owns the directory.
    case locked(path: String, processID: Int32?)
    /// The path is no data directory, and not an empty directory that could become one.
    case notADataDirectory(path: String, reason: String)
    /// A file that says whose directory or log it is, is not what it was when Varve closed it.
    case notAsClosed(path: String)
    /// No log of this name is in the directory.
    case noSuchLog(path: String)
    /// Two data directories of one node hold the log, and nothing says which is the right one.
    case logInTwoPlaces(paths: [String])
    /// The batch given to append is malformed; nothing of it was kept.
    case refused(BatchDefect)
    /// A record that no batch can hold; nothing of it was kept.
    case refusedRecord(BatchBuildError)
    /// The batch, or the record, passes the log's limit; nothing of it was kept.
    case tooLarge(size: ByteCount, limit: ByteCount)
    /// The producer's batch does not follow its last one, or a newer incarnation of the producer
    /// or of the coordinator was there since; nothing of the append was kept.
    case producer(ProducerRefusal)
    /// Batches that carry their offsets must go on where the log ends.
    case offsetsOutOfOrder(given: Int64, expected: Offset)
    /// The log has no record there: it was deleted, or is not written yet.
    case outOfRange(offset: Offset, valid: Range<Offset>)
    /// The largest offset there is has been reached.
    case offsetsExhausted(path: String)
    /// A flush failed, so what the disk holds above the last good flush is unknown. The log takes
    /// no more appends until `Log.resume` or a new opening cuts what was never acknowledged.
    case poisoned(path: String, cause: FileError)
    /// The stored bytes are not what was written; they are not served.
    case corrupt(CorruptRange)
    /// An index was not what a segment has, and cannot be looked up; opening the log makes it anew.
    case damagedIndex(path: String)
    /// A reader still holds bytes that the call would cut off.
    case pinned(path: String)
    /// The log or its directory was closed before.
    case closed(path: String)
    /// Compaction would lose records of the log, or cannot read them; nothing was changed.
    case uncleanable(path: String, CleaningRefusal)
    /// A setting lies outside what it allows.
    case setting(name: String, value: String, allowed: String)
}

extension LogError: CustomStringConvertible {
    /// One line: what was wrong, where, and what to do.
    public var description: String {
        switch self {
        case .file(let error) where error.error.isOutOfSpace:
            "\(error); nothing acknowledged is lost: free some space and try again"
        case .file(let error): "\(error)"
        case .checkpoint(let error): "\(error)"
        case .locked(let path, let processID):
            "\(path) is in use by "
                + (processID.map { "process \($0)" } ?? "another process")
                + "; stop it first, or read with a read-only opening"
        case .notADataDirectory(let path, let reason):
            "\(path) is not a data directory: \(reason)"
        case .notAsClosed(let path):
            "\(path) is not what it was when the directory was closed; restore it from a backup, "
                + "or, if it was changed on purpose, delete varve.integrity and "
                + "varve.integrity.copy in the data directory"
        case .noSuchLog(let path): "there is no log at \(path)"
        case .logInTwoPlaces(let paths):
            "the log is in \(paths.joined(separator: " and in ")); "
                + "take the older copy out of its directory"
        case .refused(let defect): "batch refused: \(defect)"
        case .refusedRecord(let error): "record refused: \(error)"
        case .tooLarge(let size, let limit):
            "batch of \(size) bytes passes the limit of \(limit) bytes; "
                + "split it, or raise max.message.bytes"
        case .producer(let refusal): "batch refused: \(refusal)"
        case .offsetsOutOfOrder(let given, let expected):
            "batch starts at offset \(given), the log goes on at \(expected)"
        case .outOfRange(let offset, let valid):
            "offset \(offset) is out of range: the log has \(valid.lowerBound) up to, "
                + "not including, \(valid.upperBound)"
        case .offsetsExhausted(let path): "\(path) has no offsets left"
        case .poisoned(let path, let cause):
            "\(path) takes no more appends since a flush failed (\(cause)); "
                + "check the disk, then resume the log or open it anew"
        case .corrupt(let range): "\(range)"
        case .damagedIndex(let path):
            "\(path) is no index of its segment; 'varve recover' makes it anew"
        case .pinned(let path):
            "\(path) cannot be cut while readers hold bytes of it; let them finish first"
        case .closed(let path): "\(path) is closed"
        case .uncleanable(let path, let refusal): "\(path) was not compacted: \(refusal)"
        case .setting(let name, let value, let allowed):
            "\(name) is \(value), allowed is \(allowed)"
        }
    }
}

extension LogError {
    /// Whether a file is not there: where another process deletes segments, an ordinary sight.
    var isMissingFile: Bool {
        guard case .file(let failure) = self else { return false }
        return failure.error == .notFound
    }
}

/// Bytes of a segment that are not what was written, with the offsets that are lost with them.
public struct CorruptRange: Hashable, Sendable {
    /// The segment's `.log` file.
    public var path: String
    /// Where the damage lies in the file.
    public var positions: Range<FilePosition>
    /// The offsets that may have stood there.
    public var offsets: Range<Offset>
    /// What is wrong with the first of the bytes.
    public var defect: BatchDefect

    public init(
        path: String, positions: Range<FilePosition>, offsets: Range<Offset>, defect: BatchDefect
    ) {
        self.path = path
        self.positions = positions
        self.offsets = offsets
        self.defect = defect
    }
}

extension CorruptRange: CustomStringConvertible {
    public var description: String {
        let last = max(offsets.lowerBound.rawValue, offsets.upperBound.rawValue - 1)
        return "\(path) is damaged at bytes \(positions.lowerBound)..<\(positions.upperBound), "
            + "offsets \(offsets.lowerBound) to \(last): \(defect)"
    }
}

/// Runs `body` and turns a failed file call into a `LogError`.
@inline(__always)
func wrapping<Value: ~Copyable>(
    _ body: () throws(FileError) -> Value
) throws(LogError) -> Value {
    do { return try body() } catch { throw .file(error) }
}
