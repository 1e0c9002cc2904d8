internal import CBench
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
        let outcome = unsafe bytes.withUnsafeBytes { raw in
            unsafe bench_write_flush(file.id.rawValue, raw.baseAddress, raw.count, position)
        }
        guard outcome == 0 else { throw LeafError(call: "fdatasync", code: bench_errno()) }
    }
}
