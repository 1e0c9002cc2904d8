internal import VarveLinux
internal import VarveLog
internal import VarveSystem

/// A folder of its own, in memory where the system has such a place: flushes take no time there.
/// Gone with the last reference.
final class TemporaryFolder {
    let path: String

    init() throws {
        let files = LinuxFileSystem()
        let shared = "/dev/shm"
        let parent = try files.status(at: shared)?.kind == .directory ? shared : "/tmp"
        path = "\(parent)/varve-count-\(LinuxRandomness().uniqueID())"
        try files.makeDirectory(path)
    }

    deinit { try? DataDirectory.remove(path, in: LinuxFileSystem()) }
}
