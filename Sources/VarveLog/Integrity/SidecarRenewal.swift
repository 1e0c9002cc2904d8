internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// What becomes of a sidecar when a segment's files are put right while nobody has the directory
/// open: the batches came back as they were written, and the indexes were made anew.
enum SidecarRenewal {
    /// Seals the segment as it is now; a sidecar that speaks of another size goes. The directory's
    /// root goes too: it names seals and files that are no more.
    ///
    /// On return that survives a power cut.
    static func run(on paths: SegmentPaths, in fileSystem: any FileSystem) throws(FileError) {
        try forgetRoot(of: WholeFile.parent(of: paths.folder), in: fileSystem)
        guard let size = try fileSystem.status(at: paths.sidecar)?.size.bytes else { return }
        let last = size / SidecarLayout.blockSize - 1
        let logSize = try fileSystem.status(at: paths.log)?.size.bytes
        var window = SidecarWindow(SidecarSource(path: paths.sidecar, fileSystem: fileSystem))
        guard last > 0, let lent = window.lend(last),
            var seal = SidecarSeal(lent.bytes, number: last), Int(seal.logSize) == logSize
        else {
            try fileSystem.removeFile(paths.sidecar)
            return try fileSystem.flushDirectory(paths.folder)
        }
        seal.offsetIndex = try FileSeal(at: paths.offsetIndex, in: fileSystem)
        seal.timeIndex = try FileSeal(at: paths.timeIndex, in: fileSystem)
        var block = ByteBuffer(capacity: SidecarLayout.blockSize)
        seal.print(into: &block)
        let file = try OpenFile(paths.sidecar, .readWrite, in: fileSystem)
        try file.write(block.bytes, at: FilePosition(last * SidecarLayout.blockSize))
        try file.flush()
    }

    private static func forgetRoot(
        of directory: String, in fileSystem: any FileSystem
    ) throws(FileError) {
        var isChanged = false
        for name in IntegrityRoot.fileNames + IntegrityRoot.leftNames
        where try fileSystem.status(at: directory + "/" + name) != nil {
            try fileSystem.removeFile(directory + "/" + name)
            isChanged = true
        }
        if isChanged { try fileSystem.flushDirectory(directory) }
    }
}
