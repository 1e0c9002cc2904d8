internal import VarveSystem

/// How benchmarks are run.
public struct BenchOptions: Hashable, Sendable {
    /// How many times subject and reference are measured, after one warm-up of each.
    public var rounds = 5
    /// Only benchmarks whose name contains this.
    public var filter: String?
    /// Where files go; nil for the working directory.
    public var directory: String?
    /// How much each round does.
    public var size = BenchSize.full
    /// The path of `varve`, for benchmarks of brokers in processes of their own; nil for none.
    public var program: String?
    /// What codecs are measured on; nil for lines of JSON. It is repeated where it is short.
    public var sample: [UInt8]?
    /// What random bytes and places come from.
    public var seed: UInt64 = 42

    public init() {}

    /// Whether the figures mean nothing.
    public var isSmoke: Bool { size == .smoke }
}

/// How much a benchmark does in one round.
public enum BenchSize: String, Hashable, Sendable, CaseIterable {
    /// As much as gives figures to publish.
    case full
    /// An eighth of that, for a look: figures vary more from run to run.
    case quick
    /// Everything tiny, to see that it works; the figures mean nothing.
    case smoke
}

/// Why benchmarks could not be run.
public enum BenchError: Error {
    /// A benchmark failed.
    case failed(benchmark: String, cause: any Error)
    /// Two rounds of one side came to different results.
    case digestsDiffer(benchmark: String, side: String)
    /// No benchmark has a name that contains the filter.
    case nothingMatches(filter: String)
    /// The place for files that nobody chose lies in memory, where a flush is nothing.
    case inMemory(directory: String, fileSystem: String)
    /// The directory for files cannot be used, or another fact of the machine cannot be had.
    case setUp(cause: any Error)
    case rounds(Int)
    /// The run was asked to end.
    case stopped
}

extension BenchError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .failed(let benchmark, let cause): "\(benchmark) failed: \(cause)"
        case .digestsDiffer(let benchmark, let side):
            "\(benchmark): the \(side) came to another result than in the round before"
        case .nothingMatches(let filter):
            "no benchmark has '\(filter)' in its name; --list shows them all"
        case .inMemory(let directory, let fileSystem):
            "\(directory) lies in memory (\(fileSystem)), where a flush is nothing: name a "
                + "directory on a disk, or this one, with --directory"
        case .setUp(let cause): "cannot set up: \(cause)"
        case .rounds(let rounds): "\(rounds) rounds; at least 1 is needed"
        case .stopped: "stopped before the end"
        }
    }
}

/// A call of the C leaves that failed.
struct LeafError: Error, CustomStringConvertible {
    let call: String
    let code: Int32

    var description: String { "\(call): \(SystemError(code: code))" }
}
