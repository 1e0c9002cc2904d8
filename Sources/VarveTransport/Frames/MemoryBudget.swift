internal import Synchronization
public import VarveTerms

/// How many bytes unfinished requests may hold, or answers that wait to be sent: all connections
/// of all event loops together.
///
/// Nothing is refused here: a loop looks before it reads, and charges what it then keeps. So each
/// loop may go over by one read, and by one frame so that something always gets on (see
/// docs/internals/transport.md).
///
/// *Threads*: any thread may call.
public final class MemoryBudget: Sendable {
    public let limit: ByteCount
    private let charged = Atomic<Int>(0)

    public init(limit: ByteCount) { self.limit = limit }

    /// What is held at this moment.
    public var used: ByteCount { ByteCount(max(0, charged.load(ordering: .relaxed))) }

    public var isFull: Bool { used >= limit }

    /// Whether twice the limit is held.
    public var isOverrun: Bool { used.bytes / 2 >= limit.bytes }

    func charge(_ difference: Int) {
        guard difference != 0 else { return }
        charged.wrappingAdd(difference, ordering: .relaxed)
    }
}
