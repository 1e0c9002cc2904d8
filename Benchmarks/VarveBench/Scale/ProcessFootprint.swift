internal import CBench
internal import VarveLinux
internal import VarveSystem

/// What this process holds.
struct ProcessFootprint {
    var descriptors: Int
    /// Bytes that the allocator has lent out.
    var heap: Int
    /// Bytes of resident pages.
    var resident: Int

    /// Gives free memory back to the system first, so that resident pages are those in use.
    init(in fileSystem: LinuxFileSystem) throws {
        bench_trim()
        descriptors = try fileSystem.entries(of: "/proc/self/fd").count
        heap = bench_heap_size()
        // proc_pid_statm(5): the second number counts resident pages.
        let lines = try SystemText.lines(of: "/proc/self/statm", in: fileSystem)
        let words = SystemText.words(of: lines.first ?? "")
        resident = (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 4096
    }
}

extension ScaleNotes {
    /// Notes what came to be held since `before`, and how much of it one of `count` takes.
    mutating func note(
        _ curves: (heap: String, resident: String, held: String), since before: ProcessFootprint,
        per count: Int, in fileSystem: LinuxFileSystem
    ) throws {
        let after = try ProcessFootprint(in: fileSystem)
        note(curves.heap, Double(max(after.heap - before.heap, 0)) / Double(count))
        note(curves.resident, Double(max(after.resident - before.resident, 0)) / Double(count))
        note(curves.held, Double(max(after.descriptors - before.descriptors, 0)))
    }
}
