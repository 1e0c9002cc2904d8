import VarveSystem
import VarveTerms

/// A disk in memory that counts the calls that change it, fails from one of them on, and tells what
/// a power cut could leave.
///
/// It knows what replacing small files needs and no more: other calls are refused.
/// @unchecked: one test drives it from one thread.
final class StepDisk: FileSystem, @unchecked Sendable {
    private struct Node {
        var content: [UInt8] = []
        var durable: [UInt8] = []
    }

    private enum NameChange {
        case set(String, Int)
        case remove(String)
        case rename(from: String, to: String, Int)
    }

    private var nodes: [Node] = []
    private var names: [String: Int] = [:]
    private var durableNames: [String: Int] = [:]
    private var pendingChanges: [NameChange] = []
    private var openFiles: [FileID: (path: String, node: Int)] = [:]
    private var openedCount: Int32 = 0

    /// Changing calls so far, with what they changed.
    private(set) var steps: [String] = []
    /// The first step that fails, and how many from there on do.
    var failing: Range<Int>?

    var openCount: Int { openFiles.count }

    // What stands on it.

    /// A file whose content and name are durable.
    func put(_ bytes: [UInt8], at path: String) {
        nodes.append(Node(content: bytes, durable: bytes))
        names[path] = nodes.count - 1
        durableNames[path] = nodes.count - 1
    }

    func content(at path: String) -> [UInt8]? { names[path].map { nodes[$0].content } }

    /// Every content, nil for none, that could stand at `path` after a power cut now: any of the
    /// unflushed changes of names may have reached the disk, and of unflushed bytes nothing, all,
    /// half, or zeros in their place.
    func contentsAfterPowerCut(at path: String) -> Set<[UInt8]?> {
        var found: Set<[UInt8]?> = []
        for subset in 0..<(1 << pendingChanges.count) {
            var names = durableNames
            for (slot, change) in pendingChanges.enumerated() where subset >> slot & 1 == 1 {
                Self.apply(change, to: &names)
            }
            guard let node = names[path].map({ nodes[$0] }) else {
                found.insert(nil)
                continue
            }
            found.insert(node.durable)
            if node.content != node.durable {
                found.insert(node.content)
                found.insert(Array(node.content[..<(node.content.count / 2)]))
                found.insert([UInt8](repeating: 0, count: node.content.count))
            }
        }
        return found
    }

    private static func apply(_ change: NameChange, to names: inout [String: Int]) {
        switch change {
        case .set(let path, let node): names[path] = node
        case .remove(let path): names[path] = nil
        case .rename(let from, let to, let node):
            names[from] = nil
            names[to] = node
        }
    }

    private func change(_ change: NameChange) {
        Self.apply(change, to: &names)
        pendingChanges.append(change)
    }

    private func step(
        _ operation: FileError.Operation, _ path: String
    ) throws(FileError) {
        steps.append("\(operation.rawValue) \(path)")
        if let failing, failing.contains(steps.count - 1) {
            throw FileError(operation, path, .noSpace)
        }
    }

    // Files.

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileID {
        if mode == .createNew {
            try step(.open, path)
            guard names[path] == nil else { throw FileError(.open, path, .exists) }
            nodes.append(Node())
            change(.set(path, nodes.count - 1))
        }
        guard let node = names[path] else { throw FileError(.open, path, .notFound) }
        openedCount += 1
        openFiles[FileID(openedCount)] = (path, node)
        return FileID(openedCount)
    }

    private func opened(_ file: FileID) throws(FileError) -> (path: String, node: Int) {
        guard let found = openFiles[file] else { throw FileError(.look, "\(file)", .badFile) }
        return found
    }

    func close(_ file: FileID) throws(FileError) {
        let path = try opened(file).path
        openFiles[file] = nil
        try step(.close, path)
    }

    func status(of file: FileID) throws(FileError) -> FileStatus {
        status(of: try opened(file).node)
    }

    private func status(of node: Int) -> FileStatus {
        FileStatus(
            kind: .file, size: ByteCount(nodes[node].content.count), modified: .none,
            identity: FileIdentity(device: 0, node: UInt64(node)))
    }

    /// Three bytes at most, so that short reads are met.
    func read(
        _ file: FileID, into buffer: inout MutableRawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        let content = nodes[try opened(file).node].content
        let count = max(0, min(3, buffer.byteCount, content.count - position.bytes))
        for place in 0..<count {
            buffer.storeBytes(
                of: content[position.bytes + place], toByteOffset: place, as: UInt8.self)
        }
        return count
    }

    /// Five bytes at most, so that short writes are met.
    func write(
        _ file: FileID, _ bytes: RawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        let (path, node) = try opened(file)
        try step(.write, path)
        let count = min(5, bytes.byteCount)
        let end = position.bytes + count
        while nodes[node].content.count < end { nodes[node].content.append(0) }
        for place in 0..<count {
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: place, as: UInt8.self)
            nodes[node].content[position.bytes + place] = byte
        }
        return count
    }

    func flush(_ file: FileID) throws(FileError) {
        let (path, node) = try opened(file)
        try step(.flush, path)
        nodes[node].durable = nodes[node].content
    }

    // Names.

    func status(at path: String) throws(FileError) -> FileStatus? { names[path].map(status(of:)) }

    func rename(_ path: String, to newPath: String) throws(FileError) {
        try step(.rename, path)
        guard let node = names[path] else { throw FileError(.rename, path, .notFound) }
        change(.rename(from: path, to: newPath, node))
    }

    func removeFile(_ path: String) throws(FileError) {
        try step(.remove, path)
        guard names[path] != nil else { throw FileError(.remove, path, .notFound) }
        change(.remove(path))
    }

    func flushDirectory(_ directory: String) throws(FileError) {
        try step(.flushDirectory, directory)
        durableNames = names
        pendingChanges = []
    }

    // Calls that no test here makes.

    private func refuse(_ operation: FileError.Operation) -> FileError {
        FileError(operation, "", .unsupported)
    }

    func resize(_: FileID, to _: ByteCount) throws(FileError) { throw refuse(.resize) }
    func reserve(_: FileID, size _: ByteCount) throws(FileError) { throw refuse(.reserve) }
    func lock(_: FileID) throws(FileError) -> LockOutcome { throw refuse(.lock) }
    func map(_: FileID, size _: ByteCount) throws(FileError) -> MappedBytes { throw refuse(.map) }
    func entries(of _: String) throws(FileError) -> [DirectoryEntry] { throw refuse(.list) }
    func makeDirectory(_: String) throws(FileError) { throw refuse(.makeDirectory) }
    func removeDirectory(_: String) throws(FileError) { throw refuse(.removeDirectory) }
    func freeSpace(at _: String) throws(FileError) -> ByteCount { throw refuse(.measure) }
}
