internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// A file that takes all the room there is.
final class Ballast: Sendable {
    private let path: String
    private let fileSystem = LinuxFileSystem()

    init(at path: String) { self.path = path }

    /// Takes what is there, down to the last block.
    func fill() {
        guard let file = try? OpenFile(path, .readWriteOrCreate, in: fileSystem) else { return }
        var size = 0
        // Reserving gives all or nothing: ever smaller pieces, then single blocks.
        for piece in [1 << 22, 1 << 18, 1 << 14] {
            while (try? file.reserve(ByteCount(size + piece))) != nil { size += piece }
        }
        let block = [UInt8](repeating: 0xBA, count: 1024)
        while (try? file.write(block.rawSpan, at: FilePosition.zero.advanced(by: size))) != nil {
            size += block.count
        }
    }

    func free() throws(FileError) {
        if try fileSystem.status(at: path) != nil { try fileSystem.removeFile(path) }
    }
}
