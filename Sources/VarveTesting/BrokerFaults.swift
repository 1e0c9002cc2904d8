internal import Synchronization
internal import VarveSim
public import VarveSystem
internal import VarveTerms

/// What can be made to go wrong around a broker. Faults are laid from any thread, and hit the next
/// call of their kind; a new life of the broker begins without those of the disk.
public final class BrokerFaults: Sendable {
    private struct State {
        var disk: SimulatedDisk?
        var refusalCount = 0
    }

    private let state: Mutex<State>

    init(_ disk: SimulatedDisk?) { state = Mutex(State(disk: disk)) }

    /// Has the next flush of a file fail. What it would have made durable is lost to a power cut,
    /// and the log that it belongs to takes nothing more in this life.
    /// - Precondition: the data is in memory.
    public func failNextFlush(with error: SystemError = .inputOutput) {
        disk.failNext(.flush, with: error)
    }

    /// Leaves no room for another byte: writes that need any fail with ENOSPC.
    /// - Precondition: the data is in memory.
    public func fillDisk() { disk.capacity = .zero }

    /// Gives a full disk room again.
    /// - Precondition: the data is in memory.
    public func makeRoom() { disk.capacity = nil }

    /// Closes each of the next `count` connections as soon as it is there.
    public func refuseConnections(_ count: Int) {
        precondition(count >= 0, "\(count) connections")
        state.withLock { $0.refusalCount = count }
    }

    /// Takes back all that is laid and has not hit.
    public func clear() {
        let disk = state.withLock { state in
            state.refusalCount = 0
            return state.disk
        }
        disk?.clearFaults()
        disk?.capacity = nil
    }

    /// The disk in memory, of this life.
    private var disk: SimulatedDisk {
        guard let disk = state.withLock({ $0.disk }) else {
            preconditionFailure("a real disk takes no faults")
        }
        return disk
    }

    func move(to disk: SimulatedDisk) { state.withLock { $0.disk = disk } }

    /// Whether a connection that arrives now is one of those to refuse.
    func takesRefusal() -> Bool {
        state.withLock { state in
            guard state.refusalCount > 0 else { return false }
            state.refusalCount -= 1
            return true
        }
    }
}
