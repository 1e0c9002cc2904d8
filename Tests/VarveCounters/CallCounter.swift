internal import Synchronization

/// Counts the calls that go through the seams which share it.
///
/// *Threads*: any.
final class CallCounter: Sendable {
    private let tally = Mutex(CallTally())

    func count(_ kind: CallKind, read: Int = 0, written: Int = 0) {
        tally.withLock { tally in
            tally[kind] += 1
            tally.readSize += read
            tally.writtenSize += written
        }
    }

    var soFar: CallTally { tally.withLock { $0 } }

    /// What `body` called for, in this thread and all others.
    func calls(_ body: () throws -> Void) rethrows -> CallTally {
        let before = soFar
        try body()
        return soFar.since(before)
    }
}
