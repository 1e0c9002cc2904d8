internal import CBench
internal import VarveLinux
internal import VarveSystem

/// The directory that a run writes to: new, named after the process, and removed with this value.
final class BenchDirectory {
    let path: String
    /// Directories of other runs beside it.
    private(set) var neighbours: [BenchNeighbour] = []
    private let fileSystem: LinuxFileSystem

    /// - Parameter parent: where to make it; nil for the working directory, or for `TMPDIR` where
    ///   that may not be written to.
    /// - Throws: `BenchError.inMemory` when nobody chose a place and this one lies in memory.
    init(_ parent: String?, in fileSystem: LinuxFileSystem) throws {
        self.fileSystem = fileSystem
        if let parent {
            path = try Self.make(in: parent, fileSystem)
            neighbours = Self.neighbours(of: path, fileSystem)
            return
        }
        do {
            path = try Self.make(in: ".", fileSystem)
        } catch let error as FileError {
            guard let temporary = unsafe bench_environment("TMPDIR") else { throw error }
            path = try Self.make(in: unsafe String(cString: temporary), fileSystem)
        }
        let mount = try Mount(of: path, in: fileSystem)
        guard !mount.isInMemory else {
            try? fileSystem.removeDirectory(path)
            throw BenchError.inMemory(directory: path, fileSystem: mount.type)
        }
        neighbours = Self.neighbours(of: path, fileSystem)
    }

    /// Whoever was killed left its directory; whoever runs disturbs this run, and is disturbed.
    private static func neighbours(
        of path: String, _ fileSystem: LinuxFileSystem
    ) -> [BenchNeighbour] {
        guard let slash = path.lastIndex(of: "/") else { return [] }
        let (parent, own) = (String(path[...slash]), path[path.index(after: slash)...])
        let entries = (try? fileSystem.entries(of: parent)) ?? []
        return entries.filter { $0.name.hasPrefix(prefix) && $0.name != own }.map { entry in
            let process = entry.name.dropFirst(prefix.count).prefix { $0 != "-" }
            let status = try? fileSystem.status(at: "/proc/\(process)")
            return BenchNeighbour(path: parent + entry.name, isRunning: status != nil)
        }
    }

    private static let prefix = "varve-bench-"

    deinit { try? DirectoryTree.remove(path, in: fileSystem) }

    private static func make(in parent: String, _ fileSystem: LinuxFileSystem) throws -> String {
        let absolute = try realPath(parent)
        let process = bench_process_id()
        for attempt in 0..<1000 {
            let path = "\(absolute)/\(prefix)\(process)-\(attempt)"
            do {
                try fileSystem.makeDirectory(path)
                return path
            } catch {
                guard error.error == .exists else { throw error }
            }
        }
        throw FileError(.makeDirectory, absolute, .exists)
    }

    private static func realPath(_ path: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        guard unsafe bench_real_path(path, &buffer, buffer.count) == 0 else {
            throw FileError(.look, path, SystemError(code: bench_errno()))
        }
        let end = buffer.firstIndex(of: 0) ?? buffer.count
        return String(decoding: buffer[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// What another run of benchmarks has beside this one's directory.
public struct BenchNeighbour: Hashable, Sendable, CustomStringConvertible {
    public let path: String
    /// Whether its process is there.
    public let isRunning: Bool

    public var description: String {
        isRunning
            ? "another run writes to \(path): both disturb each other, and no figure holds"
            : "\(path) was left by a run that was killed; it may be removed"
    }
}

/// Whole directories.
enum DirectoryTree {
    /// Removes a directory and all in it.
    static func remove(_ path: String, in fileSystem: LinuxFileSystem) throws(FileError) {
        for entry in try fileSystem.entries(of: path) {
            let inside = "\(path)/\(entry.name)"
            if entry.kind == .directory {
                try remove(inside, in: fileSystem)
            } else {
                try fileSystem.removeFile(inside)
            }
        }
        try fileSystem.removeDirectory(path)
    }
}
