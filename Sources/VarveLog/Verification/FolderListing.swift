internal import VarveSystem
internal import VarveTerms

/// What a log's folder holds, by name, for those who only look.
struct FolderListing {
    private let folder: String
    /// The `.log` files that count, in order; those that are taking the place of others are not
    /// under their own names yet.
    private(set) var segments: [(base: Offset, size: Int, path: String)] = []
    /// Paths of live producer snapshots and transaction indexes.
    private(set) var snapshots: [String] = []
    private(set) var transactionIndexes: [String] = []
    private(set) var isMissingMetadata = true
    private var strays: [(path: String, reason: String)] = []

    /// - Throws: `.noSuchLog` when there is no such folder; `.file`.
    init(_ folder: String, in fileSystem: any FileSystem) throws(LogError) {
        self.folder = folder
        var indexes: [SegmentFileName] = []
        do {
            for entry in try fileSystem.entries(of: folder) {
                let path = folder + "/" + entry.name
                if entry.name == PartitionMetadata.fileName { isMissingMetadata = false }
                guard entry.kind == .file, let name = SegmentFileName(entry.name) else {
                    if let reason = Self.strayReason(entry.name) { strays.append((path, reason)) }
                    continue
                }
                switch (name.standing, name.content) {
                case (.live, .log): continue
                case (.live, .producerSnapshot): snapshots.append(path)
                case (.live, .transactionIndex):
                    transactionIndexes.append(path)
                    indexes.append(name)
                case (.live, _): indexes.append(name)
                case (.deleted, _): strays.append((path, "was deleted, and not unlinked yet"))
                case (.cleaned, _), (.swap, _):
                    strays.append((path, "is left of a compaction that did not finish"))
                }
            }
        } catch {
            throw error.error == .notFound ? .noSuchLog(path: folder) : .file(error)
        }
        for found in try Self.logs(folder, in: fileSystem) {
            let status = try wrapping { () throws(FileError) in
                try fileSystem.status(at: found.path)
            }
            segments.append((found.base, status?.size.bytes ?? 0, found.path))
        }
        snapshots.sort()
        transactionIndexes.sort()
        let bases = Set(segments.map(\.base))
        for name in indexes where !bases.contains(name.baseOffset) {
            strays.append((folder + "/\(name)", "belongs to no segment"))
        }
        strays.sort { $0.path < $1.path }
    }

    private static func logs(
        _ folder: String, in fileSystem: any FileSystem
    ) throws(LogError) -> [SegmentSwap.Found] {
        let swap = try wrapping { () throws(FileError) in
            try SegmentSwap(folder, in: fileSystem)
        }
        return try swap.logs(in: fileSystem)
    }

    private static func strayReason(_ name: String) -> String? {
        name.hasSuffix(WholeFile.temporarySuffix) ? "is a file that was being written" : nil
    }

    var size: Int { segments.reduce(0) { $0 + $1.size } }

    func reportStrays(_ scope: inout VerificationScope) {
        for stray in strays { scope.find(.stray(stray.reason), in: stray.path) }
    }
}
