public import VarveSystem

extension DataDirectory {
    /// Removes a data directory with everything that is in it: what a test or a trial left.
    ///
    /// - Precondition: nobody has it open.
    /// - Throws: `.notADataDirectory` when it is none; `.file`.
    public static func remove(_ path: String, in fileSystem: any FileSystem) throws(LogError) {
        try DirectoryShape(path, in: fileSystem).check(.mustExist)
        try wrapping { () throws(FileError) in try FolderRemoval.remove(path, in: fileSystem) }
    }
}
