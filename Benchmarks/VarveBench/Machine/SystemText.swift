internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// Text files in which the kernel answers questions.
enum SystemText {
    /// Up to 256 KiB of a file, as lines.
    static func lines(of path: String, in fileSystem: LinuxFileSystem) throws(FileError) -> [String]
    {
        let file = try OpenFile(path, .read, in: fileSystem)
        let copy = try file.copyBytes(at: .zero, count: 256 << 10)
        let bytes = copy.bytes(in: 0..<copy.count)
        var text: [UInt8] = []
        for place in 0..<bytes.byteCount {
            text.append(unsafe bytes.unsafeLoad(fromByteOffset: place, as: UInt8.self))
        }
        return text.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The words of a line.
    static func words(of line: some StringProtocol) -> [String] {
        line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map { String($0) }
    }
}
