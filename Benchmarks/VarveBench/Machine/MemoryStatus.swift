internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// How much memory there is, by /proc/meminfo.
struct MemoryStatus: Hashable {
    var total = ByteCount.zero
    /// What can be had without swapping.
    var available = ByteCount.zero

    init(in fileSystem: LinuxFileSystem) throws(FileError) {
        self.init(lines: try SystemText.lines(of: "/proc/meminfo", in: fileSystem))
    }

    /// Lines such as `MemTotal:  24103712 kB`.
    init(lines: [String]) {
        for line in lines {
            let words = SystemText.words(of: line)
            guard words.count >= 2, let count = Int(words[1]), count >= 0, count < 1 << 50 else {
                continue
            }
            if words[0] == "MemTotal:" { total = .kib(count) }
            if words[0] == "MemAvailable:" { available = .kib(count) }
        }
    }
}
