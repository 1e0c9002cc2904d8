internal import CBench
internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// A new file that references write to and read from by plain system calls.
struct RawFile: ~Copyable {
    private let file: OpenFile
    private(set) var size = 0

    init(in folder: String, _ fileSystem: LinuxFileSystem) throws(FileError) {
        file = try OpenFile("\(folder)/raw", .createNew, in: fileSystem)
    }

    /// The descriptor, for the C leaves.
    var descriptor: Int32 { file.id.rawValue }

    /// One pwritev(2) at the end.
    mutating func append(_ bytes: RawSpan) throws(LeafError) {
        try write(bytes, at: size)
        size += bytes.byteCount
    }

    func write(_ bytes: RawSpan, at position: Int) throws(LeafError) {
        let outcome = unsafe bytes.withUnsafeBytes { raw in
            unsafe bench_write(file.id.rawValue, raw.baseAddress, raw.count, position)
        }
        guard outcome == 0 else { throw LeafError(call: "pwritev", code: bench_errno()) }
    }

    /// One pwritev(2) at the end and one fdatasync(2).
    mutating func appendFlushed(_ bytes: RawSpan) throws(LeafError) {
        try writeFlushed(bytes, at: size)
        size += bytes.byteCount
    }

    func writeFlushed(_ bytes: RawSpan, at position: Int) throws(LeafError) {
        try Self.writeFlushed(bytes, at: position, descriptor)
    }

    /// The same for threads that share a file.
    static func writeFlushed(
        _ bytes: RawSpan, at position: Int, _ descriptor: Int32
    ) throws(LeafError) {
        let outcome = unsafe bytes.withUnsafeBytes { raw in
            unsafe bench_write_flush(descriptor, raw.baseAddress, raw.count, position)
        }
        guard outcome == 0 else { throw LeafError(call: "fdatasync", code: bench_errno()) }
    }

    /// Fills the first `size` bytes, flushed; what is appended then goes over them.
    func prewrite(_ size: Int) throws {
        let piece = [UInt8](repeating: 0x2A, count: 1 << 20)
        for position in stride(from: 0, to: size, by: piece.count) {
            try write(piece.rawSpan, at: position)
        }
        try file.flush()
    }

    /// Reserves space for `size` bytes and leaves the length alone.
    func reserve(_ size: Int) throws(FileError) { try file.reserve(ByteCount(size)) }
}

/// The raw file of a folder, opened again to read it.
struct OpenedRawFile: ~Copyable {
    private let file: OpenFile

    init(in folder: String, _ fileSystem: LinuxFileSystem) throws(FileError) {
        file = try OpenFile("\(folder)/raw", .read, in: fileSystem)
    }

    /// The descriptor, for the C leaves.
    var descriptor: Int32 { file.id.rawValue }
}
