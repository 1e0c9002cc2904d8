import Synchronization
import VarveSystem
import VarveTerms

/// One file in memory that takes and gives at most `stride` bytes a call and fails when told to.
final class ScriptedFileSystem: FileSystem {
    struct State {
        var content: [UInt8] = []
        var openCount = 0
        var closeCount = 0
        var calls = 0
        /// The call that fails, counted from 0 over reads and writes; what it fails with.
        var failure: (call: Int, error: SystemError)?
        var closeError: SystemError?
    }

    let state = Mutex(State())
    private let stride: Int

    init(stride: Int, content: [UInt8] = []) {
        self.stride = stride
        state.withLock { $0.content = content }
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileID {
        if path == "missing" { throw FileError(.open, path, .notFound) }
        state.withLock { $0.openCount += 1 }
        return FileID(3)
    }

    func close(_ file: FileID) throws(FileError) {
        let error = state.withLock { state in
            state.closeCount += 1
            return state.closeError
        }
        if let error { throw FileError(.close, "file", error) }
    }

    func read(
        _ file: FileID, into buffer: inout MutableRawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        let content = try nextCall(.read)
        let count = max(0, min(stride, buffer.byteCount, content.count - position.bytes))
        for place in 0..<count {
            buffer.storeBytes(
                of: content[position.bytes + place], toByteOffset: place, as: UInt8.self)
        }
        return count
    }

    func write(
        _ file: FileID, _ bytes: RawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        _ = try nextCall(.write)
        let count = min(stride, bytes.byteCount)
        let taken = unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0.prefix(count)) }
        state.withLock { state in
            let end = position.bytes + count
            let missing = max(0, end - state.content.count)
            state.content += [UInt8](repeating: 0, count: missing)
            state.content.replaceSubrange(position.bytes..<end, with: taken)
        }
        return count
    }

    private func nextCall(_ operation: FileError.Operation) throws(FileError) -> [UInt8] {
        let (content, error) = state.withLock { state in
            defer { state.calls += 1 }
            let fails = state.failure?.call == state.calls
            return (state.content, fails ? state.failure?.error : nil)
        }
        if let error { throw FileError(operation, "file", error) }
        return content
    }

    func status(of file: FileID) throws(FileError) -> FileStatus {
        FileStatus(
            kind: .file, size: ByteCount(state.withLock { $0.content.count }),
            modified: Timestamp(milliseconds: 0), identity: FileIdentity(device: 1, node: 2))
    }
    func resize(_ file: FileID, to size: ByteCount) throws(FileError) { try refuse(.resize) }
    func reserve(_ file: FileID, size: ByteCount) throws(FileError) { try refuse(.reserve) }
    func flush(_ file: FileID) throws(FileError) { try refuse(.flush) }
    func lock(_ file: FileID) throws(FileError) -> LockOutcome { .acquired }
    func map(_ file: FileID, size: ByteCount) throws(FileError) -> MappedBytes {
        throw FileError(.map, "file", .unsupported)
    }
    func status(at path: String) throws(FileError) -> FileStatus? { nil }
    func entries(of directory: String) throws(FileError) -> [DirectoryEntry] { [] }
    func makeDirectory(_ path: String) throws(FileError) { try refuse(.makeDirectory) }
    func removeDirectory(_ path: String) throws(FileError) { try refuse(.removeDirectory) }
    func rename(_ path: String, to newPath: String) throws(FileError) { try refuse(.rename) }
    func removeFile(_ path: String) throws(FileError) { try refuse(.remove) }
    func flushDirectory(_ directory: String) throws(FileError) { try refuse(.flushDirectory) }
    func freeSpace(at path: String) throws(FileError) -> ByteCount { .zero }

    private func refuse(_ operation: FileError.Operation) throws(FileError) {
        throw FileError(operation, "file", .unsupported)
    }
}
