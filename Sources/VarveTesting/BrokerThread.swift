internal import Synchronization
internal import VarveBroker
internal import VarveLinux
internal import VarveTerms
internal import VarveTransport

/// A life of a broker in a thread of its own.
final class BrokerThread: Sendable {
    private let mailbox: LoopMailbox
    private let stopping: BrokerStop
    private let isKilled = Atomic<Bool>(false)
    private let turns = Atomic<Int>(0)
    private let ending = Mutex(Ending())

    private struct Ending {
        var outcome: Result<Void, TestBrokerError>?
        var waiting: [CheckedContinuation<Result<Void, TestBrokerError>, Never>] = []
        /// What is to be done behind it.
        var epilogue: (@Sendable () -> Void)?
    }

    private init(_ life: BrokerLife) {
        mailbox = life.loop.mailbox
        stopping = life.broker.stop
    }

    /// Begins a life. Returns when it listens, or has failed to.
    static func start(_ plan: LifePlan) async throws(TestBrokerError) -> BrokerThread {
        let outcome: Result<BrokerThread, TestBrokerError> = await withCheckedContinuation {
            began in
            let isStarted = LinuxThread.start(name: "varve-test") {
                run(plan) { began.resume(returning: $0) }
            }
            if !isStarted { began.resume(returning: .failure(.noThread)) }
        }
        return try outcome.get()
    }

    private static func run(
        _ plan: LifePlan, _ began: (Result<BrokerThread, TestBrokerError>) -> Void
    ) {
        let thread: BrokerThread
        let outcome: Result<Void, TestBrokerError>
        do throws(TestBrokerError) {
            let life = try plan.begin()
            thread = BrokerThread(life)
            began(.success(thread))
            outcome = thread.run(life)
        } catch {
            return began(.failure(error))
        }
        // The life is over only now: its sockets are closed, and its files given back.
        thread.end(outcome)
    }

    private func run(_ life: BrokerLife) -> Result<Void, TestBrokerError> {
        while !life.loop.hasEnded, !isKilled.load(ordering: .acquiring) {
            life.loop.turn()
            turns.add(1, ordering: .relaxed)
        }
        guard !isKilled.load(ordering: .acquiring) else { return .success(()) }
        return Result { () throws(TestBrokerError) in try life.close() }
    }

    private func end(_ outcome: Result<Void, TestBrokerError>) {
        let (waiting, epilogue) = ending.withLock { ending in
            ending.outcome = outcome
            defer { ending.waiting = [] }
            return (ending.waiting, ending.epilogue)
        }
        epilogue?()
        for continuation in waiting { continuation.resume(returning: outcome) }
    }

    private func awaitEnd() async -> Result<Void, TestBrokerError> {
        await withCheckedContinuation { continuation in
            let outcome = ending.withLock { ending in
                if ending.outcome == nil { ending.waiting.append(continuation) }
                return ending.outcome
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    // MARK: The end

    /// Ends the life in order, and returns when everything is closed.
    func stop() async throws(TestBrokerError) {
        stopping.ask()
        mailbox.post { $0.drain(until: $0.now.advanced(by: .seconds(10))) }
        try await awaitEnd().get()
    }

    /// Ends the life between two turns, without a flush, and returns when it is over.
    func kill() async {
        isKilled.store(true, ordering: .releasing)
        wake()
        _ = await awaitEnd()
    }

    /// As `kill`, without waiting for the end, behind which the thread does `epilogue`.
    func abandon(then epilogue: @escaping @Sendable () -> Void) {
        ending.withLock { $0.epilogue = epilogue }
        isKilled.store(true, ordering: .releasing)
        wake()
    }

    /// How often the loop has woken in this life.
    var turnCount: Int { turns.load(ordering: .relaxed) }

    /// Has the loop look at the clock.
    func wake() { mailbox.post { _ in } }
}
