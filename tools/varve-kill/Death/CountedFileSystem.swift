internal import CFault
internal import Synchronization
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// The files of this machine, each call of them counted; and the death of this process at one.
///
/// Every call of the protocol passes through here, so what is counted is all that the engine asks
/// of the system.
final class CountedFileSystem: FileSystem {
    /// When in a call the process dies.
    enum Moment: Hashable, Sendable {
        case before
        case after
        /// This many sixteenths of a write are done, at least a byte and never all.
        case amid(sixteenths: Int)
    }

    /// Which call is the last one, from 1.
    struct Plan: Hashable, Sendable {
        var ordinal: Int
        var moment: Moment
    }

    /// A call that was counted.
    struct Call: Hashable, Sendable {
        var operation: FileError.Operation
        /// The bytes of a write; 0 for all else.
        var size = 0
    }

    private struct State {
        var isArmed = false
        var calls: [Call] = []
    }

    private let base = LinuxFileSystem()
    private let plan: Plan?
    private let watch: @Sendable (Int, Call) -> Void
    private let ignoresFlushFailures: Bool
    private let state = Mutex(State())

    /// - Parameters:
    ///   - plan: nil to live and count.
    ///   - ignoresFlushFailures: for a control: what a program must not do.
    ///   - watch: is told of each counted call before it is made.
    init(
        dying plan: Plan?, ignoresFlushFailures: Bool = false,
        watch: @escaping @Sendable (Int, Call) -> Void = { _, _ in }
    ) {
        (self.plan, self.ignoresFlushFailures, self.watch) = (plan, ignoresFlushFailures, watch)
    }

    /// Counts from here on.
    func arm() { state.withLock { $0.isArmed = true } }

    /// What was counted.
    var calls: [Call] { state.withLock { $0.calls } }

    /// A call begins.
    /// - Returns: whether the process dies at its end.
    private func begin(_ operation: FileError.Operation, size: Int = 0) -> Moment? {
        let ordinal = state.withLock { state in
            guard state.isArmed else { return 0 }
            state.calls.append(Call(operation: operation, size: size))
            return state.calls.count
        }
        if ordinal > 0 { watch(ordinal, Call(operation: operation, size: size)) }
        guard let plan, plan.ordinal == ordinal else { return nil }
        if plan.moment == .before { fault_die() }
        return plan.moment
    }

    private func end(_ moment: Moment?) {
        if moment == .after { fault_die() }
    }

    // MARK: Files

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileID {
        let moment = begin(.open)
        defer { end(moment) }
        return try base.open(path, mode)
    }

    func close(_ file: FileID) throws(FileError) {
        let moment = begin(.close)
        defer { end(moment) }
        try base.close(file)
    }

    func status(of file: FileID) throws(FileError) -> FileStatus {
        let moment = begin(.look)
        defer { end(moment) }
        return try base.status(of: file)
    }

    func read(
        _ file: FileID, into buffer: inout MutableRawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        let moment = begin(.read)
        defer { end(moment) }
        return try base.read(file, into: &buffer, at: position)
    }

    func write(
        _ file: FileID, _ bytes: RawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        let moment = begin(.write, size: bytes.byteCount)
        if case .amid(let sixteenths) = moment, bytes.byteCount > 1 {
            let part = min(max(1, bytes.byteCount * sixteenths / 16), bytes.byteCount - 1)
            _ = try base.write(file, bytes.extracting(0..<part), at: position)
            fault_die()
        }
        defer { end(moment) }
        return try base.write(file, bytes, at: position)
    }

    func resize(_ file: FileID, to size: ByteCount) throws(FileError) {
        let moment = begin(.resize)
        defer { end(moment) }
        try base.resize(file, to: size)
    }

    func reserve(_ file: FileID, size: ByteCount) throws(FileError) {
        let moment = begin(.reserve)
        defer { end(moment) }
        try base.reserve(file, size: size)
    }

    func flush(_ file: FileID) throws(FileError) {
        let moment = begin(.flush)
        defer { end(moment) }
        do {
            try base.flush(file)
        } catch {
            if !ignoresFlushFailures { throw error }
        }
    }

    func lock(_ file: FileID) throws(FileError) -> LockOutcome {
        let moment = begin(.lock)
        defer { end(moment) }
        return try base.lock(file)
    }

    func map(_ file: FileID, size: ByteCount) throws(FileError) -> MappedBytes {
        let moment = begin(.map)
        defer { end(moment) }
        return try base.map(file, size: size)
    }
}

// MARK: Names

extension CountedFileSystem {
    func status(at path: String) throws(FileError) -> FileStatus? {
        let moment = begin(.look)
        defer { end(moment) }
        return try base.status(at: path)
    }

    func entries(of directory: String) throws(FileError) -> [DirectoryEntry] {
        let moment = begin(.list)
        defer { end(moment) }
        return try base.entries(of: directory)
    }

    func makeDirectory(_ path: String) throws(FileError) {
        let moment = begin(.makeDirectory)
        defer { end(moment) }
        try base.makeDirectory(path)
    }

    func removeDirectory(_ path: String) throws(FileError) {
        let moment = begin(.removeDirectory)
        defer { end(moment) }
        try base.removeDirectory(path)
    }

    func rename(_ path: String, to newPath: String) throws(FileError) {
        let moment = begin(.rename)
        defer { end(moment) }
        try base.rename(path, to: newPath)
    }

    func removeFile(_ path: String) throws(FileError) {
        let moment = begin(.remove)
        defer { end(moment) }
        try base.removeFile(path)
    }

    func flushDirectory(_ directory: String) throws(FileError) {
        let moment = begin(.flushDirectory)
        defer { end(moment) }
        try base.flushDirectory(directory)
    }

    func freeSpace(at path: String) throws(FileError) -> ByteCount {
        let moment = begin(.measure)
        defer { end(moment) }
        return try base.freeSpace(at: path)
    }
}
