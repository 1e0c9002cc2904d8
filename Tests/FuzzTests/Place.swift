import Glibc
import VarveFuzz
import VarveLinux
import VarveSystem

/// Where the inputs lie, and how many are made.
enum Place {
    static let names = FuzzTarget.all.map(\.name)

    /// Tests/FuzzTests/Place.swift lies beside Tests/Fixtures.
    private static let fixtures: String = {
        let parts = #filePath.split(separator: "/").dropLast(2)
        return "/" + parts.joined(separator: "/") + "/Fixtures"
    }()

    static let kept = KeptInputs(in: fixtures + "/fuzz", LinuxFileSystem())

    static let corpus = Result { try SeedCorpus(fixtures: fixtures, in: LinuxFileSystem()) }

    static let seed = number("VARVE_SEED") ?? 2_026

    /// What a debug build does in a fraction of a second.
    static func inputCount(of target: FuzzTarget) -> Int {
        let count = number("VARVE_FUZZ_INPUTS").flatMap { Int(exactly: $0) }
        let isWholeLog = ["log-folder", "sidecar", "integrity-root", "commit-ring"]
            .contains(target.name)
        // A broker starts twice for each input.
        let isBroker = target.name.hasPrefix("broker-")
        return count ?? (isBroker ? 6 : isWholeLog ? 40 : 300)
    }

    /// Of all seeds, or of every so many where each takes a while.
    static func seedStride(of target: FuzzTarget, count: Int) -> Int {
        target.name.hasPrefix("broker-") ? max(1, count / 3) : 1
    }

    private static func number(_ name: String) -> UInt64? {
        unsafe getenv(name).flatMap { unsafe UInt64(String(cString: $0)) }
    }
}
