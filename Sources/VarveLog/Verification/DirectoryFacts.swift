internal import VarveSystem
internal import VarveTerms

/// What a data directory says of its logs, as far as it can be understood.
struct DirectoryFacts {
    private(set) var recoveryPoints = OffsetCheckpoint()
    private(set) var starts = OffsetCheckpoint()
    private(set) var highWatermarks = OffsetCheckpoint()
    private(set) var compacted: OffsetCheckpoint?
    /// Whether the mark of a clean end is there.
    private(set) var wasClosedCleanly = false

    /// Reads the checkpoints of the directory, and reports those that cannot be understood.
    init(_ directory: String, _ scope: inout VerificationScope) throws(LogError) {
        recoveryPoints =
            try Self.rows(
                directory, OffsetCheckpoint.recoveryPointFileName, &scope) ?? OffsetCheckpoint()
        starts =
            try Self.rows(
                directory, OffsetCheckpoint.logStartFileName, &scope) ?? OffsetCheckpoint()
        highWatermarks =
            try Self.rows(
                directory, OffsetCheckpoint.highWatermarkFileName, &scope) ?? OffsetCheckpoint()
        compacted = try Self.rows(directory, OffsetCheckpoint.compactionFileName, &scope)
        // A cleaning that was interrupted had got further than it says.
        if let rewritten = try Self.rows(directory, OffsetCheckpoint.rewrittenFileName, &scope) {
            var all = compacted ?? OffsetCheckpoint()
            all.offsets.merge(rewritten.offsets) { max($0, $1) }
            compacted = all
        }
        let fileSystem = scope.fileSystem
        let isDataDirectory = try wrapping { () throws(FileError) in
            try fileSystem.status(at: directory + "/" + MetaProperties.fileName) != nil
        }
        // Kafka notes what it compacts there; without the file nothing was.
        if isDataDirectory, compacted == nil { compacted = OffsetCheckpoint() }
        wasClosedCleanly = try wrapping { () throws(FileError) in
            try fileSystem.status(at: directory + "/" + CleanShutdownMarker.fileName) != nil
        }
    }

    private static func rows(
        _ directory: String, _ name: String, _ scope: inout VerificationScope
    ) throws(LogError) -> OffsetCheckpoint? {
        try Self.content(OffsetCheckpoint.self, directory + "/" + name, &scope)
    }

    /// The content of a text file; nil, and a finding, when it cannot be understood.
    static func content<Content: WholeFileContent>(
        _ type: Content.Type, _ path: String, _ scope: inout VerificationScope
    ) throws(LogError) -> Content? {
        do {
            return try Content.load(path, in: scope.fileSystem)
        } catch {
            if case .file(let error) = error { throw .file(error) }
            scope.find(.unreadableText("\(error)"), in: path)
            return nil
        }
    }
}
