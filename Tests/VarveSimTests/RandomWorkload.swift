import VarveBytes
import VarveSim
import VarveSystem
import VarveTerms

/// Any calls on a handful of names, as a seed decides. Refusals are part of it.
struct RandomWorkload {
    private var random: SplitMix64
    private static let directories = ["/", "/p", "/q", "/p/r"]
    private static let names = ["a", "b", "c"]

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// One call, or one call on a file that is opened and closed for it.
    /// - Parameter root: goes before every path.
    mutating func step(on disk: any FileSystem, under root: String = "") throws(FileError) {
        let path = root + anyPath()
        switch Int.random(in: 0..<16, using: &random) {
        case 0...4:
            let count = Int.random(in: 1...700, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 97...122, using: &random) }
            let file = try OpenFile(path, .readWriteOrCreate, in: disk)
            let end = try file.size().bytes
            let position = Int.random(in: 0...end + 20, using: &random)
            try file.write(bytes.rawSpan, at: FilePosition(position))
        case 5:
            let size = Int.random(in: 0...900, using: &random)
            try OpenFile(path, .readWrite, in: disk).resize(to: ByteCount(size))
        case 6, 7: try OpenFile(path, .read, in: disk).flush()
        case 8: try disk.rename(path, to: root + anyPath())
        case 9: try disk.removeFile(path)
        case 10: try disk.makeDirectory(root + anyDirectory())
        case 11: try disk.removeDirectory(root + anyDirectory())
        case 12: try disk.rename(root + anyDirectory(), to: root + anyDirectory())
        case 13: try stumble(on: disk, under: root)
        default: try disk.flushDirectory(root + anyDirectory())
        }
    }

    /// A call that is mostly refused.
    private mutating func stumble(
        on disk: any FileSystem, under root: String
    ) throws(FileError) {
        let (path, directory) = (root + anyPath(), root + anyDirectory())
        switch Int.random(in: 0..<8, using: &random) {
        case 0: try disk.removeFile(directory)
        case 1: try disk.removeDirectory(path)
        case 2: try disk.rename(path, to: directory)
        case 3: try disk.rename(directory, to: path)
        case 4: try OpenFile(path, .createNew, in: disk).close()
        case 5: try OpenFile(path + "/x", .readWriteOrCreate, in: disk).close()
        case 6: try disk.flushDirectory(path)
        default: _ = try disk.entries(of: path)
        }
    }

    mutating func run(_ count: Int, on disk: SimulatedDisk) {
        for _ in 0..<count { try? step(on: disk) }
    }

    private mutating func anyDirectory() -> String {
        Self.directories[Int.random(in: 0..<Self.directories.count, using: &random)]
    }

    private mutating func anyPath() -> String {
        let name = Self.names[Int.random(in: 0..<Self.names.count, using: &random)]
        return anyDirectory() + "/" + name
    }
}

extension SimulatedDisk {
    /// Flushes every file and every directory, from the root down.
    func flushEverything(in directory: String = "") throws(FileError) {
        for entry in try entries(of: directory + "/") {
            let path = directory + "/" + entry.name
            switch entry.kind {
            case .file: try flushFile(path)
            case .directory, .other: try flushEverything(in: path)
            }
        }
        try flushDirectory(directory + "/")
    }
}
