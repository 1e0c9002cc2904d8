/// What a script learns from the process's end. The table of docs/operations/command-line.md and
/// every help text are these.
enum ExitCode: Int32, CaseIterable, Sendable {
    /// What was asked is done, and there is nothing to complain of.
    case done = 0
    /// The answer is no: damage was found, or something would have to be done.
    case no = 1
    /// The command line is wrong.
    case usage = 2
    /// The directory or the log cannot be used: missing, locked, no data directory, no permission.
    /// The broker cannot be reached, or has no such topic.
    case unusable = 3
    /// Reading or writing failed: disk full, I/O error, output full.
    case failed = 4
    /// Stored bytes are not what was written.
    case corrupt = 5
    /// The input cannot be stored: a record over the limit, a prefix that is cut short. The broker
    /// says no.
    case refused = 6
    /// Ctrl-C, after everything was closed cleanly.
    case interrupted = 130
    /// SIGTERM, after everything was closed cleanly.
    case terminated = 143

    /// The meaning, for help texts.
    var summary: String {
        switch self {
        case .done: "done"
        case .no: "the answer is no: damage was found, or there is something to do"
        case .usage: "the command line is wrong"
        case .unusable:
            "the directory, the log or the topic cannot be used (missing, locked, no permission), "
                + "or the broker cannot be reached"
        case .failed: "reading or writing failed (disk full, I/O error), or the broker was lost"
        case .corrupt: "stored bytes are damaged"
        case .refused: "the input cannot be stored (a record over the limit), or the broker says no"
        case .interrupted: "stopped by Ctrl-C, after a clean close"
        case .terminated: "stopped by SIGTERM, after a clean close"
        }
    }

    /// The end that the signal of this number asks for.
    init(stopSignal: Int32) {
        // SIGINT is 2 on Linux; a shell reports an end by a signal as 128 more than its number.
        self = stopSignal == 2 ? .interrupted : .terminated
    }
}
