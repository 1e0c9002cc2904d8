public import VarveTerms

/// One call that changed the disk or made changes durable, with all that it takes to repeat it.
public struct DiskOperation: Sendable {
    public enum Kind: String, Hashable, Sendable {
        case create, write, resize, reserve, flush
        case failedFlush = "failed flush"
        case makeDirectory = "make directory"
        case removeDirectory = "remove directory"
        case rename
        case removeFile = "remove"
        case flushDirectory = "flush directory"
    }

    enum Effect: Sendable {
        case create(NameKey, NodeID)
        case write(NodeID, position: Int, [UInt8])
        case resize(NodeID, size: Int)
        case reserve(NodeID, size: Int)
        case flush(NodeID)
        /// `isTold`: whether it was a call that failed, or the kernel's own writing.
        case failedFlush(NodeID, isTold: Bool)
        case makeDirectory(NameKey, NodeID)
        case removeDirectory(NameKey, NodeID)
        case rename(from: NameKey, to: NameKey, NodeID)
        case removeFile(NameKey, NodeID)
        case flushDirectory(NodeID)
    }

    /// Its place in the trace, from 0.
    public let ordinal: Int
    /// The path of the call; for an open file, the path that it was opened with.
    public let path: String
    /// The wall clock at the call.
    public let time: Timestamp
    let effect: Effect

    public var kind: Kind {
        switch effect {
        case .create: .create
        case .write: .write
        case .resize: .resize
        case .reserve: .reserve
        case .flush: .flush
        case .failedFlush: .failedFlush
        case .makeDirectory: .makeDirectory
        case .removeDirectory: .removeDirectory
        case .rename: .rename
        case .removeFile: .removeFile
        case .flushDirectory: .flushDirectory
        }
    }

    /// Where the written bytes went; nil for anything but a write.
    public var position: FilePosition? {
        if case .write(_, let position, _) = effect { FilePosition(position) } else { nil }
    }

    /// The bytes that a write took; nil for anything but a write.
    public var bytes: [UInt8]? {
        if case .write(_, _, let bytes) = effect { bytes } else { nil }
    }

    /// How many bytes were written, or the size asked for; nil where no size is involved.
    public var size: ByteCount? {
        switch effect {
        case .write(_, _, let bytes): ByteCount(bytes.count)
        case .resize(_, let size), .reserve(_, let size): ByteCount(size)
        default: nil
        }
    }

    /// Whether it makes anything durable (or, failing, stops it from ever becoming so).
    var isFlush: Bool {
        switch kind {
        case .flush, .failedFlush, .flushDirectory: true
        default: false
        }
    }
}

extension DiskOperation: CustomStringConvertible {
    /// `#3 write 61 at 128 /log-0/00000000000000000000.log`.
    public var description: String {
        let size = size.map { " \($0)" } ?? ""
        let place = position.map { " at \($0)" } ?? ""
        let target = if case .rename(_, let new, _) = effect { " to \(new.name)" } else { "" }
        return "#\(ordinal) \(kind.rawValue)\(size)\(place) \(path)\(target)"
    }
}

/// All operations of one life of a disk, in order, and what the disk held before the first.
public struct DiskTrace: Sendable, RandomAccessCollection {
    let base: DiskImage
    let options: DiskOptions
    var operations: [DiskOperation] = []

    public var startIndex: Int { 0 }
    public var endIndex: Int { operations.count }
    public subscript(ordinal: Int) -> DiskOperation { operations[ordinal] }
}
