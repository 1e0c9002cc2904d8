internal import VarveBytes
internal import VarveLog
internal import VarveSim
internal import VarveTerms

/// The file in which logs share flushes, in the directory of a program that died.
///
/// The logs' own files are whole. So as long as no frame's checksums hold, every record is served;
/// whatever the ring says, openings end, and what an opened log takes is there at the next.
enum CommitRingTargets {
    static let all: [FuzzTarget] = [ring]

    /// As for a whole log folder.
    private static let limits = FuzzLimits(
        heapBase: .mib(24), heapPerByte: 200, milliseconds: 1_000)

    private static let path = FolderTargets.path + "/varve.commit/ring"

    private static let ring = FuzzTarget(
        "commit-ring", seeds: .rings, limits: limits, repair: Stamps.commitRing
    ) { input throws(FuzzFailure) in
        guard let left, let name = LogName(folder: FolderArchive.logFolder) else { return .refused }
        let disk = left.processDeath()
        disk.setContents(path, input.array())
        let frames = (try? CommitRingFrame.all(in: path, disk)) ?? []
        let isVoid = frames.allSatisfy { $0.entries.allSatisfy { !$0.isWhole } }
        try FolderTargets.verify(disk)
        _ = try? DirectoryStatus(FolderTargets.path, in: disk)
        try FolderTargets.readWithoutLock(disk, name, input.byteCount)
        guard let end = try open(disk, name, input.byteCount) else {
            try expect(!isVoid, "a ring of which nothing counts keeps the directory from opening")
            return .refused
        }
        try expect(!isVoid || end == Offset(3), "\(end) records are left of 3")
        try FolderTargets.openAgain(disk, name, expecting: end)
        return isVoid ? .refused : .accepted
    }

    /// Opens the log, reads it, and appends a record.
    /// - Returns: the offset of the record; nil when something was refused.
    private static func open(
        _ disk: SimulatedDisk, _ name: LogName, _ size: Int
    ) throws(FuzzFailure) -> Offset? {
        var fault: String?
        let batch = FolderTargets.batch
        do throws(LogError) {
            let directory = try DataDirectory(
                FolderTargets.path, in: FolderTargets.surroundings(disk, boot: 1))
            let log = try directory.openLog(name, settings: FolderTargets.settings)
            fault = Sweep(size).fault(of: log.reader)
            if fault == nil {
                let receipt = try log.append(
                    batch.rawSpan, epoch: log.latestEpoch ?? .zero)
                try directory.close()
                return receipt.offsets.lowerBound
            }
        } catch {
            return nil
        }
        throw FuzzFailure(fault ?? "")
    }

    // MARK: Seeds

    /// A disk on which two logs shared three flushes when the program died.
    private static let left: SimulatedDisk? = {
        let disk = SimulatedDisk()
        let batch = FolderTargets.batch
        do throws(LogError) {
            let directory = try DataDirectory(
                FolderTargets.path, commitRingSize: .kib(24),
                in: FolderTargets.surroundings(disk, boot: 1))
            var logs: [Log] = []
            for folder in [FolderArchive.logFolder, "other-1"] {
                guard let name = LogName(folder: folder) else { return nil }
                logs.append(try directory.openLog(name, settings: FolderTargets.settings))
            }
            for _ in 0..<3 {
                for log in logs {
                    try log.write(
                        batch.rawSpan, now: Timestamp(milliseconds: 1_000))
                }
                try directory.flush(logs)
            }
        } catch {
            return nil
        }
        return disk.processDeath()
    }()

    /// The ring that it left.
    static var rings: [[UInt8]] { [left?.contents(path)].compactMap { $0 } }
}

extension Stamps {
    private static let alignment = 4096

    /// The checksums of both headers, and of each frame: its entries' bytes, then its table.
    static let commitRing: FuzzTarget.Repair = { input in
        for start in stride(from: 0, to: input.count - 63, by: alignment) {
            switch input.rawSpan.uint32(at: start) {
            case 0x5652_4E47: store(checksum(input, start..<start + 40), in: &input, at: start + 40)
            case 0x5643_4D54: stampFrame(&input, at: start)
            default: continue
            }
        }
    }

    private static func stampFrame(_ input: inout [UInt8], at start: Int) {
        let tableSize = Int(input.rawSpan.uint32(at: start + 32))
        guard tableSize >= 44, tableSize <= input.count - start else { return }
        var row = start + 40
        var bytes = start + tableSize
        for _ in 0..<max(0, input.rawSpan.int16(at: start + 6)) {
            guard row + 50 <= start + tableSize - 4 else { break }
            let size = Int(input.rawSpan.uint32(at: row + 40))
            guard size <= input.count - bytes else { break }
            store(checksum(input, bytes..<bytes + size), in: &input, at: row + 44)
            row += 50 + Int(UInt16(bitPattern: input.rawSpan.int16(at: row + 48)))
            bytes += size
        }
        let end = start + tableSize - 4
        store(checksum(input, start..<end), in: &input, at: end)
    }

    private static func checksum(_ input: [UInt8], _ range: Range<Int>) -> UInt32 {
        CRC32C.checksum(input.rawSpan.extracting(range))
    }
}
