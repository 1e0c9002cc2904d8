internal import VarveBytes
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

extension Surroundings {
    /// The bytes of a file that people write; what lies behind the first `sizeMax` is none of it.
    func bytes(ofFile path: String, sizeMax: ByteCount) throws(FileError) -> [UInt8] {
        let file = try OpenFile(path, .read, in: fileSystem)
        let size = min(try file.status().size, sizeMax)
        let copy = try file.copyBytes(at: .zero, count: size.bytes)
        return copy.bytes(in: 0..<copy.count).array()
    }
}
