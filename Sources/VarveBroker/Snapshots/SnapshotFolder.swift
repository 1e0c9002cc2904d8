internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// The snapshots beside the segments of the metadata log.
struct SnapshotFolder {
    let path: String
    let fileSystem: any FileSystem

    /// A snapshot holds a record for each partition, of a hundred bytes or so.
    private static let sizeMax = ByteCount.gib(1)

    func path(of name: SnapshotName) -> String { path + "/" + name.file }

    /// The snapshots that are there, the oldest first.
    func names() throws(BrokerError) -> [SnapshotName] {
        try entries().compactMap { SnapshotName(file: $0) }.sorted()
    }

    /// Reads a snapshot and checks all of it.
    /// - Throws: `.snapshot` when it is not whole; `.log` when it cannot be read.
    func load(_ name: SnapshotName) throws(BrokerError) -> MetadataSnapshot {
        let path = path(of: name)
        let bytes: [UInt8]
        do throws(CheckpointError) {
            bytes = try WholeFile.load(path, sizeMax: Self.sizeMax, in: fileSystem) ?? []
        } catch {
            throw .log(.checkpoint(error))
        }
        do throws(SnapshotDefect) {
            return try MetadataSnapshot(name, parsing: bytes)
        } catch {
            throw .snapshot(path: path, error)
        }
    }

    /// Writes a snapshot. On return it survives a power cut; after one before that it is there
    /// whole, or not at all.
    func store(_ snapshot: MetadataSnapshot, at now: Timestamp) throws(BrokerError) {
        let path = path(of: snapshot.name)
        let bytes: [UInt8]
        do throws(SnapshotDefect) {
            bytes = try snapshot.printed(at: now)
        } catch {
            throw .snapshot(path: path, error)
        }
        try attempt { () throws(LogError) in
            try logging { () throws(FileError) in
                try WholeFile.store(bytes, at: path, in: fileSystem)
            }
        }
    }

    /// The size of a snapshot, and when it was written.
    func status(of name: SnapshotName) throws(BrokerError) -> (size: Int, written: Timestamp) {
        let status = try attempt { () throws(LogError) in
            try logging { () throws(FileError) in try fileSystem.status(at: path(of: name)) }
        }
        return (status?.size.bytes ?? 0, status?.modified ?? .none)
    }

    /// Removes snapshots. That they are gone need not survive a power cut.
    func remove(_ names: some Sequence<SnapshotName>) throws(BrokerError) {
        for name in names { try remove(file: name.file) }
    }

    /// Removes what another broker was about to write, or to remove.
    func removeLeftovers() throws(BrokerError) {
        for file in try entries()
        where [".part", ".deleted"].contains(where: { file.hasSuffix(SnapshotName.suffix + $0) }) {
            try remove(file: file)
        }
    }

    private func remove(file: String) throws(BrokerError) {
        try attempt { () throws(LogError) in
            try logging { () throws(FileError) in
                try fileSystem.removeFile(path + "/" + file)
            }
        }
    }

    private func entries() throws(BrokerError) -> [String] {
        try attempt { () throws(LogError) in
            try logging { () throws(FileError) in try fileSystem.entries(of: path) }
        }.filter { $0.kind == .file }.map(\.name)
    }

    private func logging<Value>(
        _ body: () throws(FileError) -> Value
    ) throws(LogError) -> Value {
        do throws(FileError) {
            return try body()
        } catch {
            throw .file(error)
        }
    }
}
