internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveSim
internal import VarveTerms

/// A sound log whose integrity files are replaced.
struct IntegrityScene: Sendable {
    static let path = FolderTargets.path
    static let roots = ["varve.integrity", "varve.integrity.copy"].map { path + "/" + $0 }

    /// Closed: a sealed segment of more batches than the first block of a sidecar has entries for,
    /// and three more batches.
    static let closed = try? IntegrityScene(520) { directory, log throws(LogError) in
        try log.roll()
        for _ in 0..<3 { try append(to: log) }
        try directory.close()
    }

    /// Cut off: a checkpoint after three batches, and two batches more.
    static let crashed = try? IntegrityScene(3) { directory, log throws(LogError) in
        try directory.checkpoint()
        for _ in 0..<2 { try append(to: log) }
    }

    private let disk: SimulatedDisk
    private let name: LogName
    private let batchCount: Int

    /// The sidecar that is replaced: that of the first segment.
    let sidecar: String

    private init(
        _ count: Int, _ end: (DataDirectory, Log) throws(LogError) -> Void
    ) throws(LogError) {
        let disk = SimulatedDisk()
        guard let name = LogName(folder: FolderArchive.logFolder) else {
            throw .notADataDirectory(path: Self.path, reason: "no name")
        }
        let directory = try DataDirectory(
            Self.path, in: FolderTargets.surroundings(disk, boot: 1))
        let log = try directory.openLog(name, settings: FolderTargets.settings)
        for _ in 0..<count { try Self.append(to: log) }
        try end(directory, log)
        // Every batch has one record.
        batchCount = Int(clamping: log.ends.written.rawValue)
        self.disk = disk.crash(keeping: .all)
        self.name = name
        sidecar = Self.path + "/" + FolderArchive.logFolder + "/00000000000000000000.varve"
    }

    private static func append(to log: Log) throws(LogError) {
        let batch = FolderTargets.batch
        try log.append(batch.rawSpan, epoch: .zero)
    }

    func contents(_ path: String) -> [UInt8]? { disk.contents(path) }

    /// Whether a block of what stands for the sidecar is whole, and another one than was there.
    func hasForgedBlock(_ bytes: [UInt8]) -> Bool {
        let original = contents(sidecar) ?? []
        return stride(from: 0, to: bytes.count, by: 4096).contains { start in
            guard Stamps.isSound(block: start, of: bytes) else { return false }
            let end = start + 4096
            return end > original.count || original[start..<end] != bytes[start..<end]
        }
    }

    // MARK: Judging

    /// Verifies, reads, opens, appends, closes and opens again with other bytes in some files.
    /// - Parameter mayLie: whether their checksums hold, so that they may be believed.
    func judge(
        _ paths: [String], are bytes: [UInt8], mayLie: Bool
    ) throws(FuzzFailure) -> FuzzTarget.Verdict {
        let disk = disk.crash(keeping: .all)
        for path in paths { disk.setContents(path, bytes) }
        try FolderTargets.verify(disk)
        try FolderTargets.readWithoutLock(disk, name, batchCount * 128)
        let appended: Offset
        do throws(LogError) {
            let directory = try DataDirectory(
                Self.path, in: FolderTargets.surroundings(disk, boot: 2))
            let log = try directory.openLog(name, settings: FolderTargets.settings)
            let served = Self.served(by: log.reader)
            guard mayLie || served == batchCount else {
                throw .notAsClosed(path: "\(served) of \(batchCount) batches are served")
            }
            let batch = FolderTargets.batch
            let receipt = try log.append(batch.rawSpan, epoch: log.latestEpoch ?? .zero)
            appended = receipt.offsets.lowerBound
            try directory.close()
        } catch {
            try expect(mayLie, "damage cost records of a sound log: \(error)")
            return .refused
        }
        try FolderTargets.openAgain(disk, name, expecting: appended)
        return .accepted
    }

    /// How many batches are served from start to end, over what is called damaged.
    private static func served(by reader: LogReader) -> Int {
        var next = reader.startOffset
        var count = 0
        while true {
            do throws(LogError) {
                guard case .batches(let batches) = try reader.read(from: next) else { return count }
                batches.forEachBatch { _, _ in count += 1 }
                guard batches.nextOffset > next else { return -1 }
                next = batches.nextOffset
            } catch {
                guard case .corrupt(let range) = error, range.offsets.upperBound > next else {
                    return count
                }
                next = range.offsets.upperBound
            }
        }
    }
}
