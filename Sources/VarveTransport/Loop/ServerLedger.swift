internal import Synchronization
internal import VarveTerms

/// What the event loops of one server share: how many connections there are, and how much memory
/// unfinished requests hold.
///
/// *Threads*: any thread may call.
public final class ServerLedger: Sendable {
    public let limits: ServerLimits
    public let memory: MemoryBudget
    private let entries = Mutex(Entries())

    private struct Entries {
        var count = 0
        var perAddress: [IPAddress: Int] = [:]
        var refusedCount = 0
    }

    public init(limits: ServerLimits = ServerLimits()) {
        self.limits = limits
        memory = MemoryBudget(limit: limits.requestMemoryMax)
    }

    /// Connections that are open.
    public var connectionCount: Int { entries.withLock { $0.count } }
    /// Connections that were closed at once because there were too many.
    public var refusedCount: Int { entries.withLock { $0.refusedCount } }

    /// Counts a connection in.
    /// - Returns: whether it may stay.
    func enter(_ address: IPAddress) -> Admission {
        entries.withLock { entries in
            let ofAddress = entries.perAddress[address] ?? 0
            guard entries.count < limits.connectionsMax, ofAddress < limits.connectionsPerAddressMax
            else {
                entries.refusedCount += 1
                return .refuse
            }
            entries.count += 1
            entries.perAddress[address] = ofAddress + 1
            return .admit
        }
    }

    func leave(_ address: IPAddress) {
        entries.withLock { entries in
            entries.count -= 1
            let ofAddress = (entries.perAddress[address] ?? 0) - 1
            precondition(ofAddress >= 0, "\(address) left more often than it came")
            entries.perAddress[address] = ofAddress == 0 ? nil : ofAddress
        }
    }
}
