internal import Synchronization

/// Asks a broker to stop, from any thread: it answers those who wait and takes nobody new. The
/// event loop is drained beside that.
public final class BrokerStop: Sendable {
    private let isAsked = Atomic<Bool>(false)

    init() {}

    public func ask() { isAsked.store(true, ordering: .releasing) }

    var wasAsked: Bool { isAsked.load(ordering: .acquiring) }
}
