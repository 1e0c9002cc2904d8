import Testing
import VarveBytes
import VarveLinux
import VarveLog
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

/// One log in a data directory on a simulated disk, opened in one life of the disk.
final class LogOnDisk {
    static let path = "/d"
    static let folder = "/d/log-0"
    static let endsPath = folder + "/varve.ends"

    let disk: SimulatedDisk
    let directory: DataDirectory
    let log: Log

    init(
        _ disk: SimulatedDisk = SimulatedDisk(), settings: LogSettings = LogFixture.smallSegments(),
        bootID: UniqueID = UniqueID(high: 1, low: 1)
    ) throws {
        self.disk = disk
        directory = try DataDirectory(
            Self.path, in: LogFixture.simulated(disk, bootID: bootID))
        log = try directory.openLog(LogFixture.name, settings: settings)
    }

    /// The path of a segment's file.
    static func file(_ base: Int64, _ suffix: String = "log", in folder: String = folder) -> String
    {
        let digits = "\(base)"
        return folder + "/" + String(repeating: "0", count: 20 - digits.count) + digits + "."
            + suffix
    }

    /// Appends one batch for each number, two records each.
    @discardableResult
    func append(_ numbers: Range<Int>, padding: Int = 40) throws -> [AppendReceipt] {
        try numbers.map { number in
            let batch = try LogFixture.batch(
                "r\(number)", count: 2, timestamp: 1_000 + Int64(number) * 10, padding: padding)
            return try log.append(batch.rawSpan)
        }
    }

    @discardableResult
    func append(
        bytes: [UInt8], epoch: LeaderEpoch = .zero, checking depth: AppendCheck = .records
    ) throws -> Range<Int64> {
        let offsets = try log.append(bytes.rawSpan, epoch: epoch, checking: depth).offsets
        return offsets.lowerBound.rawValue..<offsets.upperBound.rawValue
    }

    @discardableResult
    func append(asSent bytes: [UInt8]) throws -> Range<Int64> {
        let offsets = try log.appendAsSent(bytes.rawSpan).offsets
        return offsets.lowerBound.rawValue..<offsets.upperBound.rawValue
    }

    /// The process dies and another opens the log, in the same start of the system.
    func killed(
        settings: LogSettings = LogFixture.smallSegments(),
        _ damage: (SimulatedDisk) -> Void = { _ in }
    ) throws -> LogOnDisk {
        let next = disk.processDeath()
        damage(next)
        return try LogOnDisk(next, settings: settings)
    }

    /// The power goes, and a later start of the system opens the log.
    func powerCut(
        keeping selection: AtomSelection = .none,
        settings: LogSettings = LogFixture.smallSegments(),
        _ damage: (SimulatedDisk) -> Void = { _ in }
    ) throws -> LogOnDisk {
        let next = disk.crash(keeping: selection)
        damage(next)
        return try LogOnDisk(next, settings: settings, bootID: UniqueID(high: 2, low: 2))
    }

    /// The directory is closed, and opened again.
    func closed(
        settings: LogSettings = LogFixture.smallSegments(),
        _ damage: (SimulatedDisk) -> Void = { _ in }
    ) throws -> LogOnDisk {
        try directory.close()
        let next = disk.processDeath()
        damage(next)
        return try LogOnDisk(next, settings: settings)
    }

    /// Base offsets of the `.log` files that are there.
    var bases: [Int64] {
        disk.paths.compactMap { path in
            guard path.hasPrefix(Self.folder + "/"), path.hasSuffix(".log") else { return nil }
            return Int64(path.dropFirst(Self.folder.utf8.count + 1).dropLast(4))
        }
    }

    func values(from start: Int64? = nil, through visibility: Visibility? = nil) throws -> [String]
    {
        try LogFixture.values(
            of: log.reader, from: start.map { Offset($0) }, through: visibility)
    }

    /// What `append` of these numbers reads as.
    static func values(_ numbers: Range<Int>, padding: Int = 40) -> [String] {
        let dots = String(repeating: ".", count: padding)
        return numbers.flatMap { ["r\($0)-0" + dots, "r\($0)-1" + dots] }
    }
}

extension LogFixture {
    static func simulated(
        _ disk: SimulatedDisk, bootID: UniqueID = UniqueID(high: 1, low: 1), processID: Int32 = 7
    ) -> Surroundings {
        Surroundings(
            fileSystem: disk, clock: disk.clock, randomness: SeededRandomness(seed: 1),
            processID: processID, bootID: bootID)
    }

    /// Puts a folder of Tests/Fixtures on a simulated disk.
    static func plant(_ folder: String, at path: String, on disk: SimulatedDisk) throws {
        let source = Fixture.root + "/Tests/Fixtures/" + folder
        disk.plantDirectory(path)
        for entry in try LinuxFileSystem().entries(of: source) {
            if entry.kind == .directory {
                try plant(folder + "/" + entry.name, at: path + "/" + entry.name, on: disk)
            } else {
                disk.setContents(
                    path + "/" + entry.name, Fixture.bytes(source + "/" + entry.name))
            }
        }
    }

    /// The base and last offset of each batch from `start` on, and the bytes that hold them.
    static func batches(
        of reader: LogReader, from start: Offset? = nil, through visibility: Visibility? = nil
    ) throws -> [ClosedRange<Int64>] {
        var next = start ?? reader.startOffset
        var found: [ClosedRange<Int64>] = []
        while case .batches(let batches) = try reader.read(from: next, through: visibility) {
            found += batches.headers.map { $0.baseOffset...($0.lastOffset ?? $0.baseOffset) }
            next = batches.nextOffset
        }
        return found
    }
}

extension LogFixture {
    /// Makes the checksum of a batch right.
    static func setChecksum(of batch: inout [UInt8]) {
        var crc = ByteBuffer()
        crc.append(CRC32C.checksum(batch.rawSpan.extracting(21..<batch.count)))
        batch.replaceSubrange(17..<21, with: crc.bytes.array())
    }

    /// Makes a batch carry an append time, its checksum right.
    static func setAppendTime(_ time: Int64, of batch: inout [UInt8]) {
        var buffer = ByteBuffer()
        buffer.append(batch.rawSpan)
        var target = buffer.mutableBytes
        BatchPatch.setTimestamps(
            &target, type: .logAppend, maxTimestamp: Timestamp(milliseconds: time))
        batch = buffer.bytes.array()
    }
}

extension PinnedBatches {
    /// The headers of all batches.
    var headers: [BatchHeader] {
        var headers: [BatchHeader] = []
        forEachBatch { header, _ in headers.append(header) }
        return headers
    }
}

/// Two bytes of hexadecimal at a time; blanks, line ends and what follows a `;` are passed over.
func bytes(hex text: some StringProtocol) -> [UInt8] {
    let digits = text.split(separator: "\n").flatMap { line in
        line.prefix { $0 != ";" }.compactMap(\.hexDigitValue)
    }
    return stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}

/// The bytes that the example of a page under docs/formats shows in hexadecimal.
func exampleBytes(in page: String) -> [UInt8] {
    bytes(hex: String(decoding: Fixture.example(in: page), as: UTF8.self))
}

/// The error that `body` throws; nil, and a failure, when it throws none or another type.
func logError<Value>(
    _ body: () throws -> Value, sourceLocation: SourceLocation = #_sourceLocation
) -> LogError? {
    do {
        let value = try body()
        Issue.record("no error but \(value)", sourceLocation: sourceLocation)
    } catch let error as LogError {
        return error
    } catch {
        Issue.record("not of the log: \(error)", sourceLocation: sourceLocation)
    }
    return nil
}
