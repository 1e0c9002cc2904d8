internal import VarveSystem
internal import VarveTerms

extension IntegrityRoot {
    /// What the last clean close of a directory said, after the life that came behind it was not
    /// closed; nil where neither copy is sound. Nobody depends on it.
    static func loadLeft(
        _ directory: String, in fileSystem: any FileSystem
    ) throws(LogError) -> IntegrityRoot? {
        var newest: IntegrityRoot?
        for name in leftNames {
            do {
                let found = try load(directory + "/" + name, in: fileSystem)
                if let found, newest.map({ $0.sequence < found.sequence }) ?? true {
                    newest = found
                }
            } catch {
                if case .file(let failure) = error { throw .file(failure) }
            }
        }
        return newest
    }
}

extension DirectoryIntegrity {
    /// What is known of a log that is not open: what the root says, or what was said when it was
    /// closed in this life.
    func line(of folder: String) -> IntegrityRoot.LogLine? {
        rested[folder] ?? root?.logs[folder]
    }

    /// What the last clean close said of a log, if nobody touched the log since, though the
    /// directory was not closed again; nil when it has to be recovered.
    ///
    /// A log that was touched shows it: with its first flush it has a `varve.ends`; bytes that were
    /// never flushed and survived show in the size of a file, in an index, or in the sidecar, whose
    /// seal the first append takes away; small files are held against their checksums. A crash that
    /// takes all of that back leaves the log as it was closed.
    func untouched(
        _ folder: String, of identity: LogIdentity
    ) throws(LogError) -> IntegrityRoot.LogLine? {
        guard standing == .found, let line = left?.logs[folder] else { return nil }
        return try holds(line, of: folder, identity) ? line : nil
    }

    /// Whether a folder has what is said of it, and nothing else.
    func holds(
        _ line: IntegrityRoot.LogLine, of folder: String, _ identity: LogIdentity
    ) throws(LogError) -> Bool {
        guard try hasFiles(of: line, folder) else { return false }
        return try hasSeals(of: line, folder, identity)
    }

    /// Whether a folder has the files that were closed there, and no others.
    private func hasFiles(
        of line: IntegrityRoot.LogLine, _ folder: String
    ) throws(LogError) -> Bool {
        let path = directory + "/" + folder
        var (logCount, fileCount) = (0, 0)
        for entry in try wrapping({ () throws(FileError) in try fileSystem.entries(of: path) })
        where entry.kind == .file {
            if entry.name == EndsFile.fileName || entry.name.hasSuffix(WholeFile.temporarySuffix) {
                return false
            }
            if let name = SegmentFileName(entry.name) {
                guard name.standing == .live else { return false }
                if name.content == .log {
                    let size = try size(of: path + "/" + entry.name)
                    guard line.segments[name.baseOffset]?.size == size else { return false }
                    logCount += 1
                }
            }
            guard Self.isNamed(entry) else { continue }
            guard let seal = line.files[entry.name],
                try finding(of: folder + "/" + entry.name, seal) == nil
            else { return false }
            fileCount += 1
        }
        return logCount == line.segments.count && fileCount == line.files.count
    }

    /// Whether the sidecars of a folder are those that were closed there.
    private func hasSeals(
        of line: IntegrityRoot.LogLine, _ folder: String, _ identity: LogIdentity
    ) throws(LogError) -> Bool {
        for (base, segment) in line.segments {
            let paths = SegmentPaths(folder: directory + "/" + folder, baseOffset: base)
            guard let crc = segment.sealCRC else {
                // Without a batch there is nothing to seal.
                for file in paths.all where try size(of: file) ?? 0 > 0 { return false }
                continue
            }
            let sidecar = SegmentSidecar(
                paths, of: identity, trust: .closed(sealCRC: crc), access: .copied, in: fileSystem)
            let look = try sidecar.look()
            guard look.problem == nil, look.seal?.crc == crc, look.seal?.logSize == segment.size
            else { return false }
        }
        return true
    }

    private func size(of path: String) throws(LogError) -> Int64? {
        try wrapping { () throws(FileError) in
            try fileSystem.status(at: path).map { Int64($0.size.bytes) }
        }
    }
}
