import VarveLinux
import VarveSystem

/// The path of a new directory, removed with all that is in it when `body` returns.
func withTemporaryDirectory<Value>(
    in parent: String = "/tmp", _ body: (String) throws -> Value
) throws -> Value {
    let fileSystem = LinuxFileSystem()
    let path = parent + "/varve-test-\(LinuxRandomness().next())"
    try fileSystem.makeDirectory(path)
    defer { removeTree(path, in: fileSystem) }
    return try body(path)
}

private func removeTree(_ path: String, in fileSystem: LinuxFileSystem) {
    for entry in (try? fileSystem.entries(of: path)) ?? [] {
        let child = path + "/" + entry.name
        if entry.kind == .directory {
            removeTree(child, in: fileSystem)
        } else {
            try? fileSystem.removeFile(child)
        }
    }
    try? fileSystem.removeDirectory(path)
}
