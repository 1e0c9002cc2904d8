internal import CVarve
internal import Glibc
public import VarveSystem
public import VarveTerms

/// Bytes that come or go one after another: a standard stream, a pipe, a device, or a file read
/// from its start. The engine's own files go through `LinuxFileSystem`.
///
/// *Threads*: any thread may call; who reads or writes beside another gets some of the bytes.
public final class LinuxStream: Sendable {
    /// What errors call it: the path, or `standard input`.
    public let name: String
    private let descriptor: Int32
    private let isOwned: Bool

    init(name: String, descriptor: Int32, isOwned: Bool) {
        self.name = name
        self.descriptor = descriptor
        self.isOwned = isOwned
    }

    deinit {
        // Nothing that was read has anything to report.
        if isOwned { _ = Glibc.close(descriptor) }
    }

    public static let standardInput = LinuxStream(
        name: "standard input", descriptor: STDIN_FILENO, isOwned: false)
    public static let standardOutput = LinuxStream(
        name: "standard output", descriptor: STDOUT_FILENO, isOwned: false)
    public static let standardError = LinuxStream(
        name: "standard error", descriptor: STDERR_FILENO, isOwned: false)

    /// Opens whatever stands at `path` for reading; a named pipe waits for its writer.
    public static func open(reading path: String) throws(FileError) -> LinuxStream {
        let descriptor = try attempt(.open, path) {
            unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        }
        let stream = LinuxStream(name: path, descriptor: descriptor, isOwned: true)
        if try look(at: descriptor, as: .open, path).kind == .directory {
            throw FileError(.open, path, .isDirectory)
        }
        return stream
    }

    /// Whether a person may sit at the other end.
    public var isTerminal: Bool { isatty(descriptor) == 1 }

    /// The terminal's columns; nil when it is no terminal or does not tell.
    public var terminalWidth: Int? {
        let columns = varve_terminal_width(descriptor)
        return columns > 0 ? Int(columns) : nil
    }

    /// How many bytes there are to read in all; nil for what has no size before it ends.
    public var size: ByteCount? {
        guard let status = try? look(at: descriptor, as: .look, name), status.kind == .file else {
            return nil
        }
        return status.size
    }

    /// What a read brought.
    public enum ReadOutcome: Hashable, Sendable {
        /// This many bytes, at least one.
        case bytes(Int)
        /// There are no more.
        case end
        /// A signal asked the process to stop (`LinuxProcess.stopSignal`) before any came.
        case stopped
    }

    /// Waits for bytes, or for a signal to stop, and reads what is there.
    public func read(into buffer: inout MutableRawSpan) throws(FileError) -> ReadOutcome {
        while true {
            if LinuxProcess.stopSignal != nil { return .stopped }
            // The second descriptor is -1, which poll(2) passes over, until signals are watched.
            var waits = (
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: varve_stop_descriptor(), events: Int16(POLLIN), revents: 0)
            )
            let ready = unsafe withUnsafeMutablePointer(to: &waits) { pair in
                unsafe pair.withMemoryRebound(to: pollfd.self, capacity: 2) {
                    unsafe poll($0, 2, -1)
                }
            }
            if ready == -1, errno != EINTR { throw error(.read, errno) }
            guard ready > 0, waits.1.revents == 0 else { continue }
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe Glibc.read(descriptor, bytes.baseAddress, bytes.count)
            }
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            let code = errno
            // Somebody may have made the stream non-blocking and taken the bytes in between.
            if code != EINTR, code != EAGAIN { throw error(.read, code) }
        }
    }

    /// Waits at most `duration` for something to read. The end counts, and a signal to stop.
    /// - Returns: whether it came.
    public func isReadable(within duration: Duration) -> Bool {
        var waits = (
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: varve_stop_descriptor(), events: Int16(POLLIN), revents: 0)
        )
        let timeoutMs = LinuxProcess.timeoutMs(duration)
        return unsafe withUnsafeMutablePointer(to: &waits) { pair in
            unsafe pair.withMemoryRebound(to: pollfd.self, capacity: 2) {
                // An interrupted wait is answered by the read that follows.
                unsafe poll($0, 2, timeoutMs) != 0
            }
        }
    }

    /// Writes all of `bytes`.
    /// - Throws: `.interrupted` when a signal asked the process to stop while the other end did not
    ///   take them; what write(2) says otherwise. Any part of them may have been written.
    public func write(_ bytes: RawSpan) throws(FileError) {
        var start = 0
        while start < bytes.byteCount {
            let rest = bytes.extracting(start..<bytes.byteCount)
            let count = unsafe rest.withUnsafeBytes { part in
                unsafe Glibc.write(descriptor, part.baseAddress, part.count)
            }
            if count >= 0 {
                start += count
                continue
            }
            let code = errno
            switch code {
            case EINTR where LinuxProcess.stopSignal != nil: throw error(.write, code)
            case EINTR: break
            case EAGAIN:
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&wait, 1, -1)
                if LinuxProcess.stopSignal != nil { throw error(.write, EINTR) }
            default: throw error(.write, code)
            }
        }
    }

    /// A standard stream may have been closed by whoever started this program, so unlike elsewhere
    /// a bad descriptor is no mistake of this one.
    private func error(_ operation: FileError.Operation, _ code: Int32) -> FileError {
        FileError(operation, name, SystemError(code: code))
    }
}
