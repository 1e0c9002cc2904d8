internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// The lock of a data directory: `.lock`, left empty and locked as Kafka locks it, and beside it
/// `varve.owner` with the process id, by which a refused opening can name the owner.
///
/// The lock belongs to the open file, so it excludes a second opening in the same process too, and
/// the system drops it with the process.
struct DirectoryLock: ~Copyable {
    static let fileName = ".lock"
    static let ownerFileName = "varve.owner"

    private let file: OpenFile

    /// - Throws: `.locked` with the owner's process id where it is known.
    init(_ directory: String, processID: Int32, in fileSystem: any FileSystem) throws(LogError) {
        let file = try wrapping { () throws(FileError) in
            try OpenFile(directory + "/" + Self.fileName, .readWriteOrCreate, in: fileSystem)
        }
        let outcome = try wrapping { () throws(FileError) in try file.lock() }
        let ownerPath = directory + "/" + Self.ownerFileName
        switch outcome {
        case .acquired:
            // Only a hint for people: not flushed, and worth nothing without the lock.
            try wrapping { () throws(FileError) in
                let owner = try OpenFile(ownerPath, .readWriteOrCreate, in: fileSystem)
                let text = Array("\(processID)\n".utf8)
                try owner.resize(to: .zero)
                try owner.write(text.rawSpan, at: .zero)
            }
        case .heldBy(let holder):
            throw .locked(
                path: directory, processID: holder ?? Self.owner(at: ownerPath, fileSystem))
        }
        self.file = file
    }

    private static func owner(at path: String, _ fileSystem: any FileSystem) -> Int32? {
        guard let bytes = try? WholeFile.load(path, sizeMax: .kib(1), in: fileSystem) else {
            return nil
        }
        return Int32(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}
