internal import CFault

/// A child of this process that shares all with it but its end.
///
/// *Threads*: only for a process of one thread.
enum ForkedChild {
    /// How a child ended.
    enum Ending: Hashable {
        /// It came to its end.
        case finished
        /// What it was to do threw.
        case threw
        /// By SIGKILL.
        case killed
        /// By another signal, or with another code.
        case other(Int32)
    }

    /// Runs `body` in a child, and waits for its end.
    static func run(_ body: () throws -> Void) -> Ending {
        let child = fault_fork()
        if child == 0 {
            do {
                try body()
                fault_exit(0)
            } catch {
                fault_exit(1)
            }
        }
        switch fault_wait(child) {
        case 0: return .finished
        case 1: return .threw
        case -9: return .killed
        case let code: return .other(code)
        }
    }
}
