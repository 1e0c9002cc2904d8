internal import Synchronization
internal import VarveLinux
public import VarveLog

extension ParallelWork {
    /// At most `count` threads, which end with the work. The thread that asks is one of them, so
    /// the work is done even where the system gives no other.
    ///
    /// Opening logs waits for the disk more than it computes: 4 for each core is not too many.
    /// - Precondition: `count` is at least 1.
    public static func threads(_ count: Int) -> ParallelWork {
        precondition(count >= 1, "\(count) threads")
        return ParallelWork { pieceCount, piece in
            let crew = Crew(pieceCount: pieceCount, piece)
            for number in 0..<max(0, min(count, pieceCount) - 1) {
                crew.didStart()
                let isStarted = LinuxThread.start(name: "varve-open-\(number)") {
                    crew.work()
                    crew.didEnd()
                }
                guard isStarted else {
                    crew.didEnd()
                    break
                }
            }
            crew.work()
            crew.waitForOthers()
        }
    }
}

/// Threads that share out numbered pieces of work.
private final class Crew: Sendable {
    private let pieceCount: Int
    private let piece: @Sendable (Int) -> Void
    private let next = Atomic<Int>(0)
    private let others = Atomic<Int>(0)
    private let gate = Gate()

    init(pieceCount: Int, _ piece: @escaping @Sendable (Int) -> Void) {
        self.pieceCount = pieceCount
        self.piece = piece
    }

    func didStart() { others.wrappingAdd(1, ordering: .relaxed) }

    func didEnd() {
        others.wrappingSubtract(1, ordering: .releasing)
        gate.open()
    }

    /// Takes pieces until none is left.
    func work() {
        while true {
            let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard number < pieceCount else { return }
            piece(number)
        }
    }

    func waitForOthers() {
        while true {
            let seen = gate.seen
            if others.load(ordering: .acquiring) == 0 { return }
            gate.wait(unlessOpenedSince: seen)
        }
    }
}
