internal import VarveBytes
public import VarveSystem
internal import VarveTerms

/// The folder of inputs that once failed: `<folder>/<target>/<number>`, the number made of the
/// bytes.
public struct KeptInputs: Sendable {
    public let folder: String
    private let fileSystem: any FileSystem

    public init(in folder: String, _ fileSystem: any FileSystem) {
        self.folder = folder
        self.fileSystem = fileSystem
    }

    /// Where an input is or would be.
    public func path(of input: [UInt8], for target: FuzzTarget) -> String {
        "\(folder)/\(target.name)/\(Self.fingerprint(of: input))"
    }

    /// The inputs of a target, by path.
    public func paths(for target: FuzzTarget) throws(FileError) -> [String] {
        let folder = folder + "/" + target.name
        guard try fileSystem.status(at: folder) != nil else { return [] }
        return try fileSystem.entries(of: folder).map { folder + "/" + $0.name }.sorted()
    }

    /// The content of any file.
    public func load(_ path: String) throws(FileError) -> [UInt8] {
        let file = try OpenFile(path, .read, in: fileSystem)
        let copy = try file.copyBytes(at: .zero, count: try file.size().bytes)
        return copy.bytes(in: 0..<copy.count).array()
    }

    /// Makes the target's folder, so that even a handler can write into it.
    public func prepare(for target: FuzzTarget) throws(FileError) {
        for path in [folder, folder + "/" + target.name] {
            if try fileSystem.status(at: path) == nil { try fileSystem.makeDirectory(path) }
        }
    }

    /// Takes the folder of a target away again, when nothing is in it.
    public func tidy(after target: FuzzTarget) throws(FileError) {
        let path = folder + "/" + target.name
        if try fileSystem.entries(of: path).isEmpty { try fileSystem.removeDirectory(path) }
    }

    /// Keeps an input.
    public func keep(_ input: [UInt8], for target: FuzzTarget) throws(FileError) {
        try prepare(for: target)
        let path = path(of: input, for: target)
        let file = try OpenFile(path, .readWriteOrCreate, in: fileSystem)
        try file.write(input.rawSpan, at: .zero)
    }

    /// The line that runs a kept input again.
    public static func replayLine(_ target: FuzzTarget, _ path: String) -> String {
        "tools/fuzz --replay \(target.name) \(path)"
    }

    /// FNV-1a, 64 bits, in hexadecimal.
    private static func fingerprint(of input: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in input { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }
}
