internal import Glibc

/// A thread of this process that runs one function to its end.
///
/// Signals that a program handles (SIGINT, SIGTERM and the like) are blocked in it, so that they
/// go to the threads of the program; SIGBUS and other faults are not.
public final class LinuxThread: Sendable {
    /// Starts a thread. It keeps what `body` captures alive until `body` returns.
    /// - Parameter name: up to 15 bytes, for debuggers and `top`.
    /// - Returns: false when the system gives no more threads.
    public static func start(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        let outcome = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let start = unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                start.run()
                return nil
            }, start.toOpaque())
        guard outcome == 0 else {
            unsafe start.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        func run() {
            var signals = sigset_t()
            unsafe sigfillset(&signals)
            for fault in [SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGABRT, SIGTRAP] {
                unsafe sigdelset(&signals, fault)
            }
            unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
            body()
        }
    }

    private init() {}
}
