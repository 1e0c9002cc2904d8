internal import VarveLinux
internal import VarveSystem

/// The file system that a path lies on.
public struct Mount: Hashable, Sendable {
    /// What is mounted: `/dev/vda1`.
    public var source: String
    /// `ext4`, `xfs`, `tmpfs` …
    public var type: String
    public var options: String

    /// - Parameter path: absolute, without symbolic links.
    init(of path: String, in fileSystem: LinuxFileSystem) throws(FileError) {
        self.init(of: path, mounts: try SystemText.lines(of: "/proc/self/mounts", in: fileSystem))
    }

    /// Lines `source place type options …` (fstab(5)), where a blank in a name is written `\040`.
    /// The longest place that holds the path is its own; of equal ones the last covers the others.
    init(of path: String, mounts: [String]) {
        var best = (length: -1, words: ["unknown", "/", "unknown", ""])
        for line in mounts {
            let words = SystemText.words(of: line)
            guard words.count >= 4 else { continue }
            let place = words[1].split(separator: "\\040", omittingEmptySubsequences: false)
                .joined(separator: " ")
            let isInside = place == "/" || path == place || path.hasPrefix(place + "/")
            if isInside, place.utf8.count >= best.length { best = (place.utf8.count, words) }
        }
        (source, type, options) = (best.words[0], best.words[2], best.words[3])
    }

    /// Whether nothing of it is on a disk.
    public var isInMemory: Bool { type == "tmpfs" || type == "ramfs" }
}
