import VarveLinux
import VarveSystem

/// The path of a new directory, removed with all that is in it when `body` returns.
func withTemporaryDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let fileSystem = LinuxFileSystem()
    let path = "/tmp/varve-test-\(LinuxRandomness().next())"
    try fileSystem.makeDirectory(path)
    defer { removeTree(path, in: fileSystem) }
    return try await body(path)
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

/// Runs `body` on `count` threads and waits until all have returned.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) async {
    await withTaskGroup(of: Void.self) { group in
        for number in 0..<count {
            group.addTask {
                await withCheckedContinuation { done in
                    let isStarted = LinuxThread.start(name: "test-\(number)") {
                        body(number)
                        done.resume()
                    }
                    precondition(isStarted, "a thread can be had")
                }
            }
        }
    }
}
