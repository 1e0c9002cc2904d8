internal import CVarve
internal import Glibc
public import VarveSystem

/// A program that this one started, whose standard output it reads.
///
/// Its standard input is empty, and it speaks on this program's standard error. When this value
/// goes away, the program is killed and waited for.
///
/// *Threads*: one thread at a time.
public final class LinuxChild {
    /// What the program writes to its standard output. It ends when the program does, unless that
    /// handed it on.
    public let output: LinuxStream
    /// The number under which the system knows the program.
    public let processID: Int32
    private var ending: Ending?

    /// How a program ended.
    public enum Ending: Hashable, Sendable {
        /// By itself, with this exit code.
        case exited(Int32)
        /// By this signal.
        case signalled(Int32)

        /// By SIGKILL.
        public var isKill: Bool { self == .signalled(SIGKILL) }
    }

    /// Starts the program at `path`, with this one's environment.
    /// - Parameter arguments: without the program's own name.
    public init(starting path: String, _ arguments: [String]) throws(FileError) {
        guard !arguments.contains(where: { $0.utf8.contains(0) }) else {
            throw FileError(.run, path, .invalid)
        }
        var ends: [Int32] = [-1, -1]
        try attempt(.run, path) { unsafe varve_pipe(&ends) }
        output = LinuxStream(name: "output of \(path)", descriptor: ends[0], isOwned: true)
        // Only the program keeps the other end, so that its end is seen as the output's.
        defer { _ = Glibc.close(ends[1]) }
        var words = unsafe ([path] + arguments).map { word in unsafe strdup(word) } + [nil]
        defer { for place in unsafe words.indices { unsafe free(words[place]) } }
        var child: pid_t = 0
        try attempt(.run, path) { unsafe varve_spawn(path, &words, ends[1], &child) }
        processID = child
    }

    deinit {
        kill()
        _ = wait()
    }

    /// Ends the program at once, wherever it is (SIGKILL). Does nothing once it was waited for.
    public func kill() {
        // As long as nobody waited, the number is still the program's.
        if ending == nil { _ = Glibc.kill(processID, SIGKILL) }
    }

    /// Waits until the program has ended.
    public func wait() -> Ending {
        if let ending { return ending }
        var status: Int32 = 0
        let (outcome, code) = repeating { unsafe waitpid(processID, &status, 0) }
        precondition(outcome == processID, "a child can be waited for: errno \(code)")
        // The low seven bits are the signal; without one, the exit code stands above them.
        let signal = status & 0x7F
        let found: Ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
        ending = found
        return found
    }
}
