internal import Synchronization

/// How other threads reach an event loop: pieces of work that it does at the start of its next
/// turn, in the order of their coming.
///
/// *Threads*: any thread may post.
public final class LoopMailbox: Sendable {
    public typealias Work = @Sendable (EventLoop) -> Void

    /// What became of a piece of work.
    public enum Outcome: Hashable, Sendable {
        case posted
        /// As many wait as may.
        case full
        /// The loop has ended.
        case closed
    }

    private struct Letters {
        var waiting: [Work] = []
        var isClosed = false
    }

    private let letters = Mutex(Letters())
    private let countMax: Int
    private let waker: any Waker

    init(countMax: Int, waker: any Waker) {
        self.countMax = countMax
        self.waker = waker
    }

    /// Hands `work` to the loop and wakes it.
    @discardableResult
    public func post(_ work: @escaping Work) -> Outcome {
        let (outcome, isFirst): (Outcome, Bool) = letters.withLock { letters in
            guard !letters.isClosed else { return (.closed, false) }
            guard letters.waiting.count < countMax else { return (.full, false) }
            letters.waiting.append(work)
            return (.posted, letters.waiting.count == 1)
        }
        // Who posts behind another relies on that one's wake-up.
        if isFirst { waker.wake() }
        return outcome
    }

    /// Takes all that waits.
    func takeAll() -> [Work] {
        letters.withLock { letters in
            guard !letters.waiting.isEmpty else { return [] }
            let taken = letters.waiting
            letters.waiting = []
            return taken
        }
    }

    /// Takes what waits, and refuses all that comes later.
    func close() -> [Work] {
        letters.withLock { letters in
            letters.isClosed = true
            let taken = letters.waiting
            letters.waiting = []
            return taken
        }
    }
}
