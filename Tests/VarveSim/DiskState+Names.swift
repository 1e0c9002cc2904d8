import VarveSystem
import VarveTerms

/// The calls on names.
extension DiskState {
    mutating func status(at path: String) throws(FileError) -> FileStatus? {
        try admit(.look, path)
        do throws(FileError) {
            return try image.place(of: path, for: .look).node.map { status(of: $0) }
        } catch {
            if error.error == .notFound { return nil }
            throw error
        }
    }

    mutating func entries(of path: String) throws(FileError) -> [DirectoryEntry] {
        try admit(.list, path)
        let (_, directory) = try directory(at: path, for: .list)
        // An order of its own for each seed, so that nobody comes to lean on one.
        let ranked = directory.names.map { (rank: listingRank($0.key), name: $0.key, $0.value) }
            .sorted { ($0.rank, $0.name) < ($1.rank, $1.name) }
        return ranked.map { _, name, node in
            DirectoryEntry(name: name, kind: image.files[node] == nil ? .directory : .file)
        }
    }

    private func listingRank(_ name: String) -> UInt64 {
        var rank = options.listingSeed
        for byte in name.utf8 {
            var random = SplitMix64(seed: rank ^ UInt64(byte))
            rank = random.next()
        }
        return rank
    }

    mutating func makeDirectory(_ path: String, _ time: Timestamp) throws(FileError) {
        try admit(.makeDirectory, path)
        let place = try image.place(of: path, for: .makeDirectory)
        guard place.node == nil, let key = place.key else {
            throw FileError(.makeDirectory, path, .exists)
        }
        perform(.makeDirectory(key, image.makeNode()), path, time)
    }

    mutating func removeDirectory(_ path: String, _ time: Timestamp) throws(FileError) {
        try admit(.removeDirectory, path)
        let (place, directory) = try directory(at: path, for: .removeDirectory)
        guard let key = place.key, let node = place.node else {
            throw FileError(.removeDirectory, path, .busy)
        }
        guard directory.names.isEmpty else { throw FileError(.removeDirectory, path, .notEmpty) }
        perform(.removeDirectory(key, node), path, time)
    }

    mutating func removeFile(_ path: String, _ time: Timestamp) throws(FileError) {
        try admit(.remove, path)
        let place = try image.place(of: path, for: .remove)
        guard let node = place.node else { throw FileError(.remove, path, .notFound) }
        guard let key = place.key, image.files[node] != nil else {
            throw FileError(.remove, path, .isDirectory)
        }
        perform(.removeFile(key, node), path, time)
    }

    mutating func rename(
        _ path: String, to newPath: String, _ time: Timestamp
    ) throws(FileError) {
        try admit(.rename, path)
        let old = try image.place(of: path, for: .rename)
        let new: Place
        do throws(FileError) {
            new = try image.place(of: newPath, for: .rename)
        } catch {
            // Whatever is wrong with the new name, the error names the old one.
            throw FileError(.rename, path, error.error)
        }
        guard let node = old.node else { throw FileError(.rename, path, .notFound) }
        guard let oldKey = old.key, let newKey = new.key else {
            throw FileError(.rename, path, .busy)
        }
        if image.files[node] != nil, path.hasSuffix("/") || newPath.hasSuffix("/") {
            throw FileError(.rename, path, .notDirectory)
        }
        if let error = refusal(toMove: node, from: oldKey, to: newKey, over: new.node) {
            throw FileError(.rename, path, error)
        }
        if node == new.node { return }
        perform(.rename(from: oldKey, to: newKey, node), path, time)
    }

    /// Why Linux refuses a rename, in the order in which it looks.
    private func refusal(
        toMove node: NodeID, from old: NameKey, to new: NameKey, over target: NodeID?
    ) -> SystemError? {
        if image.lies(new.directory, under: node) { return .invalid }
        guard let target, target != node else { return nil }
        if image.lies(old.directory, under: target) { return .notEmpty }
        switch (image.files[node] != nil, image.directories[target]) {
        case (true, .some): return .isDirectory
        case (false, nil): return .notDirectory
        case (false, .some(let directory)): return directory.names.isEmpty ? nil : .notEmpty
        case (true, nil): return nil
        }
    }

    mutating func flushDirectory(_ path: String, _ time: Timestamp) throws(FileError) {
        try admit(.flushDirectory, path)
        let (place, _) = try directory(at: path, for: .flushDirectory)
        perform(.flushDirectory(place.node ?? DiskImage.root), path, time)
        if image.mayHaveOrphans { image.prune(keeping: openNodes) }
    }

    mutating func freeSpace(at path: String) throws(FileError) -> ByteCount {
        try admit(.measure, path)
        guard try image.place(of: path, for: .measure).node != nil else {
            throw FileError(.measure, path, .notFound)
        }
        return freeSize
    }

    private func directory(
        at path: String, for operation: FileError.Operation
    ) throws(FileError) -> (Place, StoredDirectory) {
        let place = try image.place(of: path, for: operation)
        guard let node = place.node else { throw FileError(operation, path, .notFound) }
        guard let directory = image.directories[node] else {
            throw FileError(operation, path, .notDirectory)
        }
        return (place, directory)
    }
}
