internal import Varve
internal import VarveLinux
internal import VarveLog
internal import VarveSystem

/// Opens the log that a power cut left, as the system does that comes up after it, and holds it
/// against what was acknowledged before.
struct CutJudge {
    /// Where the data directory is.
    let path: String
    let settings: SharedSettings
    let seed: UInt64
    private let randomness = LinuxRandomness()

    init(path: String, settings: SharedSettings, seed: UInt64) {
        (self.path, self.settings, self.seed) = (path, settings, seed)
    }

    /// What is wrong; `model` is what must be there from now on when nothing is.
    /// - Parameter checked: is called when all was seen, before the log is closed.
    func violations(
        _ model: inout LogModel, checked: () throws(FileError) -> Void = {}
    ) throws(FileError) -> [Violation] {
        var found: [Violation] = []
        do throws(LogError) {
            let log = try SharedLog(path, settings: settings, in: afterPowerCut)
            if let first = log.recovery.damaged.first {
                found.append(.recovery("recovery reports damage: \(first)"))
            }
            if let first = log.recovery.gaps.first {
                found.append(.recovery("recovery reports a gap at offsets \(first)"))
            }
            let stored = try StoredRecords(of: log.reader, seed: seed)
            let ends = log.ends
            found += stored.violations
            found += model.check(
                stored.records, start: ends.start.rawValue, end: ends.written.rawValue)
            do throws(FileError) { try checked() } catch { found.append(.word("\(error)")) }
            try log.close()
            found += try findings()
        } catch {
            found.append(.recovery("\(error)"))
        }
        return found
    }

    /// The page cache is another one after each cut, and so must be the number that says so.
    private var afterPowerCut: Surroundings {
        var surroundings = Surroundings.linux
        surroundings.bootID = randomness.uniqueID()
        return surroundings
    }

    /// What verification has to say of a log that was recovered and closed.
    private func findings() throws(LogError) -> [Violation] {
        var found: [Violation] = []
        _ = try Verification.directory(path, in: LinuxFileSystem()) { finding in
            if finding.severity != .note { found.append(.word("verification: \(finding)")) }
        }
        return found
    }
}
