import Glibc
import VarveProof

/// How long the simulations run. By default a slice that fits a build; `VARVE_SIM_SECONDS=600`
/// takes every state there is, each workload for at most its share of that time.
enum RunLength {
    static let seconds = number("VARVE_SIM_SECONDS").map { Double($0) }
    /// Replays one random history.
    static let seed = number("VARVE_SEED")

    static var isLong: Bool { seconds != nil }

    private static func number(_ name: String) -> UInt64? {
        unsafe getenv(name).flatMap { unsafe UInt64(String(cString: $0)) }
    }

    /// Writes a line about what ran; the counts are part of the proof.
    static func report(_ line: String) { print("simulation: \(line)") }
}

extension Deadline {
    /// One of `shares` equal parts of the time that there is.
    init(shares: Int) { self.init(after: RunLength.seconds.map { .seconds($0 / Double(shares)) }) }
}
