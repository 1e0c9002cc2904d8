internal import VarveSystem

/// The names of the files in a log's folder, listed once for all who go by them as long as nobody
/// changes them.
struct FolderNames {
    /// Every file, in no particular order.
    let files: [String]
    /// Those that belong to a segment.
    let segments: [SegmentFileName]

    init(_ folder: String, in fileSystem: any FileSystem) throws(FileError) {
        files = try fileSystem.entries(of: folder).filter { $0.kind == .file }.map(\.name)
        segments = files.compactMap { SegmentFileName($0) }
    }

    /// - Complexity: O(files).
    func has(_ name: String) -> Bool { files.contains(name) }
}
