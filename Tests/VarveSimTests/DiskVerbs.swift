import VarveBytes
import VarveSim
import VarveSystem
import VarveTerms

/// Short verbs for tests.
extension SimulatedDisk {
    /// Writes `text`, making the file where missing, in as few calls as the disk allows.
    func put(_ path: String, _ text: String, at position: Int = 0) throws(FileError) {
        let file = try OpenFile(path, .readWriteOrCreate, in: self)
        let bytes = [UInt8](text.utf8)
        try file.write(bytes.rawSpan, at: FilePosition(position))
    }

    func flushFile(_ path: String) throws(FileError) {
        try OpenFile(path, .read, in: self).flush()
    }

    /// Makes a file that no power cut takes.
    func putDurably(_ path: String, _ text: String) throws(FileError) {
        try put(path, text)
        try flushFile(path)
        try flushDirectory(path.split(separator: "/").dropLast().joined(separator: "/") + "/")
    }

    func resizeFile(_ path: String, to size: Int) throws(FileError) {
        try OpenFile(path, .readWrite, in: self).resize(to: ByteCount(size))
    }

    /// What processes read, with `.` for a zero byte; nil when there is no such file.
    func text(_ path: String) -> String? {
        contents(path).map { bytes in
            String(decoding: bytes.map { $0 == 0 ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
        }
    }

    /// All files and what they hold, in one line.
    var summary: String {
        paths.map { "\($0)=\(text($0) ?? "")" }.joined(separator: " ")
    }

    /// The summaries of all subsets of the pending atoms.
    var summariesAfterCut: Set<String> {
        Set(
            (0..<UInt64(1) << UInt64(pendingAtoms.count)).map {
                crash(keeping: .mask($0)).summary
            })
    }
}

extension OpenFile {
    /// The bytes that a read of `count` bytes moves; what it leaves alone is seen by `untouched`.
    func bytes(_ count: Int, at position: Int, untouched: UInt8 = 0) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: untouched, count: count)
        var span = bytes.mutableSpan
        var buffer = unsafe span.mutableBytes
        let moved = try read(into: &buffer, at: FilePosition(position))
        precondition(bytes[moved...].allSatisfy { $0 == untouched }, "wrote past what it moved")
        return Array(bytes[..<moved])
    }
}
