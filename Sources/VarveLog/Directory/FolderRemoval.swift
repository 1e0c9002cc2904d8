internal import VarveSystem

/// Removes the folder of a deleted log with all that is in it.
///
/// A crash half way leaves a folder that still has the name of a deleted one, with fewer files: the
/// next removal goes on. Nothing is followed out of the folder: a symbolic link goes, not what it
/// points to.
enum FolderRemoval {
    /// On return the folder's absence survives a power cut.
    static func remove(_ folder: String, in fileSystem: any FileSystem) throws(FileError) {
        try removeTree(folder, depth: 0, in: fileSystem)
        try fileSystem.flushDirectory(WholeFile.parent(of: folder))
    }

    /// Logs have no folders in them; other programs may have put some there.
    private static let depthMax = 16

    private static func removeTree(
        _ folder: String, depth: Int, in fileSystem: any FileSystem
    ) throws(FileError) {
        guard depth < depthMax else { throw FileError(.removeDirectory, folder, .notEmpty) }
        for entry in try fileSystem.entries(of: folder) {
            let path = folder + "/" + entry.name
            if entry.kind == .directory {
                try removeTree(path, depth: depth + 1, in: fileSystem)
            } else {
                try fileSystem.removeFile(path)
            }
        }
        try fileSystem.removeDirectory(folder)
    }
}
