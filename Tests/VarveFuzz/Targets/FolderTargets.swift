internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveSim
internal import VarveSystem
internal import VarveTerms

/// A whole log folder in its data directory: verified, read without the lock, opened and so
/// recovered, read, appended to, closed and opened again.
///
/// Every error is one of the engine's; what is read is whole; reading comes to an end; and what an
/// opened log took is there at the next opening.
enum FolderTargets {
    static let all: [FuzzTarget] = [folder]

    /// The disk copies every file a few times; a mapping is as large as a segment may be.
    private static let limits = FuzzLimits(
        heapBase: .mib(24), heapPerByte: 200, milliseconds: 1_000)

    private static let stamp: FuzzTarget.Repair = { if !$0.isEmpty { $0[0] |= 1 } }

    private static let folder = FuzzTarget(
        "log-folder", seeds: .folders, limits: limits, repair: stamp
    ) { input throws(FuzzFailure) in
        let archive = FolderArchive(input)
        let disk = archive.disk(directory: path)
        guard let name = LogName(folder: FolderArchive.logFolder) else { return .refused }
        try verify(disk)
        try readWithoutLock(disk, name, input.byteCount)
        switch openAndAppend(disk, name, input.byteCount) {
        case .refused: return .refused
        case .faulty(let fault): throw FuzzFailure(fault)
        case .appended(let offset):
            try openAgain(disk, name, expecting: offset)
            return .accepted
        }
    }

    static let path = "/fuzz"

    static var settings: LogSettings {
        var settings = LogSettings()
        settings.segmentSizeMax = .kib(64)
        settings.indexInterval = ByteCount(256)
        settings.indexSizeMax = .kib(4)
        return settings
    }

    static func surroundings(_ disk: SimulatedDisk, boot: UInt64) -> Surroundings {
        Surroundings(
            fileSystem: disk, clock: disk.clock, randomness: SeededRandomness(seed: 1),
            processID: 1, bootID: UniqueID(high: 7, low: boot))
    }

    /// Findings and errors alike are well; a report without end is not.
    static func verify(_ disk: SimulatedDisk) throws(FuzzFailure) {
        var count = 0
        _ = try? Verification.directory(path, in: disk) { _ in count += 1 }
        try expect(count < 1 << 16, "\(count) findings")
    }

    static func readWithoutLock(
        _ disk: SimulatedDisk, _ name: LogName, _ size: Int
    ) throws(FuzzFailure) {
        guard let log = try? ReadOnlyLog(name, in: path, fileSystem: disk) else { return }
        let fault = Sweep(size).fault(of: log.reader)
        if let fault { throw FuzzFailure("without the lock: \(fault)") }
    }

    private enum Opening {
        case refused
        case faulty(String)
        /// The offset of a record that was acknowledged.
        case appended(Offset)
    }

    private static func openAndAppend(
        _ disk: SimulatedDisk, _ name: LogName, _ size: Int
    ) -> Opening {
        do throws(LogError) {
            let directory = try DataDirectory(path, in: surroundings(disk, boot: 1))
            let log = try directory.openLog(name, settings: settings)
            if let fault = Sweep(size).fault(of: log.reader) { return .faulty(fault) }
            let receipt = try log.append(batch.rawSpan, epoch: log.latestEpoch ?? .zero)
            try directory.close()
            return .appended(receipt.offsets.lowerBound)
        } catch {
            return .refused
        }
    }

    static func openAgain(
        _ disk: SimulatedDisk, _ name: LogName, expecting offset: Offset
    ) throws(FuzzFailure) {
        var fault: String?
        do throws(LogError) {
            let directory = try DataDirectory(path, in: surroundings(disk, boot: 2))
            let log = try directory.openLog(name, settings: settings)
            let outcome = try log.reader.read(from: offset)
            if case .batches = outcome {} else { fault = "\(outcome) where a record was appended" }
        } catch {
            throw FuzzFailure("what was closed does not open: \(error)")
        }
        if let fault { throw FuzzFailure(fault) }
    }

    // MARK: Seeds

    /// Folders as this engine leaves them: closed, and cut off in the middle.
    static func written() -> [[UInt8]] { [true, false].compactMap(written) }

    private static func written(closed: Bool) -> [UInt8]? {
        let disk = SimulatedDisk()
        guard let name = LogName(folder: FolderArchive.logFolder) else { return nil }
        do throws(LogError) {
            let directory = try DataDirectory(path, in: surroundings(disk, boot: 1))
            let log = try directory.openLog(name, settings: settings)
            for number in 0..<12 {
                try log.append(batch.rawSpan, epoch: LeaderEpoch(Int32(number / 5)))
                if number % 4 == 3 { try log.roll() }
            }
            if closed { try directory.close() }
        } catch {
            return nil
        }
        return FolderArchive(of: disk, directory: path).printed()
    }

    static let batch: [UInt8] = {
        var builder = RecordBatchBuilder()
        builder.begin(BatchSettings())
        _ = try? builder.append(
            key: nil, value: [1, 2, 3].rawSpan, timestamp: Timestamp(milliseconds: 1_000))
        var output = ByteBuffer()
        _ = try? builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }()
}
