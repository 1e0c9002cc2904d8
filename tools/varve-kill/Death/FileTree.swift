internal import VarveSystem

/// A directory with all that is in it.
struct FileTree {
    let path: String
    let fileSystem: any FileSystem

    init(_ path: String, in fileSystem: any FileSystem) {
        (self.path, self.fileSystem) = (path, fileSystem)
    }

    /// Removes it; that nothing is there is as good.
    func remove() throws(FileError) {
        guard try fileSystem.status(at: path) != nil else { return }
        for entry in try fileSystem.entries(of: path) {
            let child = path + "/" + entry.name
            if entry.kind == .directory {
                try FileTree(child, in: fileSystem).remove()
            } else {
                try fileSystem.removeFile(child)
            }
        }
        try fileSystem.removeDirectory(path)
    }
}
