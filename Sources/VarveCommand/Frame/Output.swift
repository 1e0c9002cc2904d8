internal import VarveBytes
internal import VarveLinux
internal import VarveSystem

/// The standard output, written in large pieces.
final class Output {
    /// What is collected; `settle` after each addition keeps it small.
    var buffer = ByteBuffer(capacity: Output.pieceSize + (64 << 10))
    private let stream: LinuxStream

    /// From this size on collected bytes are written: a few system calls for each megabyte.
    static let pieceSize = 128 << 10

    init(_ stream: LinuxStream) { self.stream = stream }

    /// Writes what is collected, once that is worth a system call.
    @inline(__always)
    func settle() throws(CommandError) {
        if buffer.count >= Self.pieceSize { try flush() }
    }

    /// Writes what is collected.
    /// - Throws: `.outputClosed` when nobody reads any more, `.file` for other failures.
    func flush() throws(CommandError) {
        guard !buffer.isEmpty else { return }
        defer { buffer.removeAll() }
        do {
            try stream.write(buffer.bytes)
        } catch {
            switch error.error {
            case SystemError(code: 32): throw .outputClosed
            case .interrupted:
                throw .stopped(signal: LinuxProcess.stopSignal ?? 2, nil)
            default: throw .file(error)
            }
        }
    }

    /// Collects one line of text.
    func line(_ text: String) throws(CommandError) {
        buffer.append(text)
        buffer.append(UInt8(ascii: "\n"))
        try settle()
    }

    /// Collects text as it is.
    func write(text: String) throws(CommandError) {
        buffer.append(text)
        try settle()
    }

    /// Collects one line of JSON.
    func line(_ value: JSON) throws(CommandError) {
        value.write(to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
        try settle()
    }
}
