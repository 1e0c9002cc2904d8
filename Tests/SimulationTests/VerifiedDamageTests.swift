import Testing
import VarveBytes
import VarveLog
import VarveProof
import VarveSim
import VarveTerms

/// Damage of every kind to every file of a small closed log: verification names it, and nothing of
/// it is served.
@Suite("damage that is verified")
struct VerifiedDamageTests {
    /// Files that hold nothing of the log: an empty lock, and a hint for messages.
    private static let exempt = ["/.lock", "/varve.owner"]

    @Test("a flipped bit of any byte of any file is named by verification")
    func flips() throws {
        let log = try DamagedLog(closed: true)
        var survey = Survey(log)
        for path in Self.paths(of: log) {
            let bytes = log.disk.contents(path) ?? []
            for byte in bytes.indices
            where RunLength.isLong || bytes[byte] != 0 || byte % 256 == 0 {
                let disk = log.copy()
                disk.flipBit(path, byte * 8 + byte % 8)
                survey.look(at: disk, damaged: path, "\(path), byte \(byte)", opens: byte % 4 == 0)
            }
        }
        survey.conclude("verified flips")
    }

    @Test(
        "a zeroed, misdirected or swapped sector is named and not served", arguments: [512, 4096])
    func sectors(size: Int) throws {
        let log = try DamagedLog(closed: true)
        var survey = Survey(log)
        let paths = Self.paths(of: log)
        for path in paths {
            let bytes = log.disk.contents(path) ?? []
            for sector in Self.sectors(of: bytes, size) {
                var zeroed = bytes
                zeroed.replaceSubrange(sector, with: [UInt8](repeating: 0, count: sector.count))
                survey.look(log, path, zeroed, "\(path), \(sector) zeroed")
                for source in paths {
                    let other = log.disk.contents(source) ?? []
                    for from in Self.sectors(of: other, size) where from.count >= sector.count {
                        var misdirected = bytes
                        misdirected.replaceSubrange(
                            sector, with: other[from].prefix(sector.count))
                        survey.look(
                            log, path, misdirected, "\(path), \(sector) from \(source), \(from)")
                    }
                }
            }
        }
        survey.conclude("verified sectors of \(size)")
    }

    @Test("a stale sector of any file is named and not served", arguments: [512, 4096])
    func staleSectors(size: Int) throws {
        let log = try DamagedLog(closed: true)
        var survey = Survey(log)
        // Older versions: the log as it was before the last appends, closed and open.
        for older in [try DamagedLog(closed: true, short: true), try DamagedLog(closed: false)] {
            for path in Self.paths(of: log) {
                let bytes = log.disk.contents(path) ?? []
                guard let old = older.disk.contents(path) else { continue }
                for sector in Self.sectors(of: bytes, size) {
                    var stale = bytes
                    for place in sector {
                        stale[place] = place < old.count ? old[place] : 0
                    }
                    survey.look(log, path, stale, "\(path), \(sector) stale")
                }
            }
        }
        survey.conclude("verified stale sectors of \(size)")
    }

    @Test("a file that is gone, or swapped with another one, is named and not served")
    func files() throws {
        let log = try DamagedLog(closed: true)
        var survey = Survey(log)
        let paths = Self.paths(of: log)
        for path in paths where !path.hasSuffix("/.kafka_cleanshutdown") {
            let disk = log.copy()
            try disk.removeFile(path)
            survey.look(at: disk, damaged: path, "\(path) gone", opens: true)
            for other in paths where other > path {
                guard let first = log.disk.contents(path), let second = log.disk.contents(other),
                    first != second, !other.hasSuffix("/.kafka_cleanshutdown")
                else { continue }
                let swapped = log.copy()
                swapped.setContents(path, second)
                swapped.setContents(other, first)
                survey.look(
                    at: swapped, damaged: path, "\(path) and \(other) swapped", opens: true)
            }
        }
        survey.conclude("verified files")
    }

    private static func paths(of log: DamagedLog) -> [String] {
        log.paths.filter { path in !exempt.contains { path.hasSuffix($0) } }
    }

    private static func sectors(of bytes: [UInt8], _ size: Int) -> [Range<Int>] {
        stride(from: 0, to: bytes.count, by: size).map { $0..<min($0 + size, bytes.count) }
    }

    /// What was found so far.
    private struct Survey {
        private let log: DamagedLog
        private var tally = Tally()
        private let deadline = Deadline(shares: 1)

        init(_ log: DamagedLog) { self.log = log }

        mutating func look(
            _ log: DamagedLog, _ path: String, _ bytes: [UInt8], _ label: String
        ) {
            guard bytes != log.disk.contents(path) else { return }
            let disk = log.copy()
            disk.setContents(path, bytes)
            look(at: disk, damaged: path, label, opens: true)
        }

        mutating func look(
            at disk: SimulatedDisk, damaged path: String, _ label: String, opens: Bool
        ) {
            guard !tally.isHopeless else { return }
            tally.states += 1
            tally.judged += 1
            var named: [Finding] = []
            do {
                _ = try Verification.directory(Scene.path, in: disk) { named.append($0) }
            } catch {
                named.append(Finding(.note("\(error)"), in: path))
            }
            if !named.contains(where: { $0.path == path }) {
                tally.record("not named, but \(named)", label)
            }
            guard opens else { return }
            let finding = log.finding(on: disk, goesOn: tally.judged % 8 == 0)
            if !finding.wrong.isEmpty {
                tally.record("\(finding.wrong): \(finding.detail)", label)
            }
        }

        func conclude(_ what: String) { tally.report(what, deadline.elapsed) }
    }
}
