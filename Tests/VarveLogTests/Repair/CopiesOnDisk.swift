import Testing
import VarveBytes
import VarveLog
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

/// A directory with one log, closed cleanly, and copies of it on the same simulated disk.
struct CopiesOnDisk {
    static let paths = ["/d", "/e", "/f"]

    let disk: SimulatedDisk
    /// What every copy held before it was damaged, by path below the directory.
    let whole: [String: [UInt8]]

    /// - Parameter count: how many batches of two records the log has; some 25 fill a segment.
    init(_ count: Int = 60, padding: Int = 40) throws {
        let home = try LogOnDisk()
        try home.append(0..<count, padding: padding)
        try home.directory.close()
        try self.init(copying: home.disk.crash(keeping: .none))
    }

    init(copying source: SimulatedDisk) throws {
        disk = source
        var whole: [String: [UInt8]] = [:]
        for path in source.paths where path.hasPrefix("/d/") {
            whole[String(path.dropFirst(3))] = source.contents(path)
        }
        self.whole = whole
        for copy in Self.paths.dropFirst() {
            for (path, bytes) in whole { disk.setContents(copy + "/" + path, bytes) }
        }
    }

    private init(disk: SimulatedDisk, whole: [String: [UInt8]]) {
        (self.disk, self.whole) = (disk, whole)
    }

    /// The same copies in another life of the disk.
    func on(_ disk: SimulatedDisk) -> CopiesOnDisk { CopiesOnDisk(disk: disk, whole: whole) }

    /// A segment's file below a directory.
    static func file(_ base: Int64, _ suffix: String = "log") -> String {
        String(LogOnDisk.file(base, suffix, in: "log-0"))
    }

    /// Where the batches of a file stand.
    func batches(of file: String) -> [Range<Int>] {
        let bytes = whole[file] ?? []
        var places: [Range<Int>] = []
        var position = 0
        while let header = BatchHeader(bytes.rawSpan, at: position) {
            places.append(position..<position + header.sizeInBytes)
            position += header.sizeInBytes
        }
        return places
    }

    var logFiles: [String] {
        whole.keys.filter { $0.hasSuffix(".log") }.sorted()
    }

    func repair(
        _ path: String = "/d", from donors: [String] = ["/e"], _ mode: Repair.Mode = .write
    ) throws -> RepairReport {
        let repair = try Repair(path, from: donors, in: LogFixture.simulated(disk))
        return try repair.run(LogFixture.name, mode)
    }

    /// The `.log` files below a directory that do not hold what they held.
    func changed(_ path: String = "/d") -> [String] {
        logFiles.filter { disk.contents(path + "/" + $0) != whole[$0] }
    }

    func quarantine(_ path: String = "/d") throws -> [FencedRange] {
        let file = path + "/log-0/" + Quarantine.fileName
        return try Quarantine.load(file, in: disk)?.ranges ?? []
    }

    func totals(_ path: String = "/d") throws -> VerificationTotals {
        try Verification.directory(path, in: disk) { finding in
            if finding.severity != .note { Issue.record("\(finding)") }
        }
    }

    /// Which offsets of the log can be read, and which are refused.
    func readable(_ path: String = "/d") throws -> (served: [Int64], refused: [Range<Int64>]) {
        let log = try ReadOnlyLog(LogFixture.name, in: path, fileSystem: disk)
        var served: [Int64] = []
        var refused: [Range<Int64>] = []
        var next = log.ends.start
        while next < log.ends.written {
            do {
                guard case .batches(let batches) = try log.read(from: next) else { break }
                for header in batches.headers {
                    served += Array(header.baseOffset...(header.lastOffset ?? 0))
                }
                next = batches.nextOffset
            } catch {
                guard case .corrupt(let range) = error else { throw error }
                refused.append(
                    range.offsets.lowerBound.rawValue..<range.offsets.upperBound.rawValue)
                next = max(range.offsets.upperBound, next.advanced(by: 1))
            }
        }
        return (served, refused)
    }
}
