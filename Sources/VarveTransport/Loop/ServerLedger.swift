internal import Synchronization
internal import VarveTerms

/// What the event loops of one server share: how many connections there are, and how much memory
/// unfinished requests and unsent answers hold.
///
/// *Threads*: any thread may call.
public final class ServerLedger: Sendable {
    /// Of unfinished requests.
    public let memory: MemoryBudget
    /// Of answers that wait to be sent.
    public let answers: MemoryBudget
    private let entries: Mutex<Entries>
    /// The most that there can be, whatever is asked for later.
    private let connectionsCeiling: Int

    private struct Entries {
        var limits: ServerLimits
        var count = 0
        var perAddress: [IPAddress: Int] = [:]
        var refusedCount = 0
    }

    public init(limits: ServerLimits = ServerLimits()) {
        entries = Mutex(Entries(limits: limits))
        connectionsCeiling = limits.connectionsMax
        memory = MemoryBudget(limit: limits.requestMemoryMax)
        answers = MemoryBudget(limit: limits.answerMemoryMax)
    }

    /// What is allowed now.
    public var limits: ServerLimits { entries.withLock { $0.limits } }

    /// Allows another number of connections from here on; those that are there stay. No more than
    /// at the beginning, which descriptors bound, and the memory of requests and answers stays as
    /// it is.
    public func change(_ new: ServerLimits) {
        entries.withLock { entries in
            let old = entries.limits
            entries.limits = new
            entries.limits.connectionsMax = min(new.connectionsMax, connectionsCeiling)
            entries.limits.requestMemoryMax = old.requestMemoryMax
            entries.limits.answerMemoryMax = old.answerMemoryMax
        }
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
            let limits = entries.limits
            let most = limits.connectionsMaxOf[address] ?? limits.connectionsPerAddressMax
            guard entries.count < limits.connectionsMax, ofAddress < most else {
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
