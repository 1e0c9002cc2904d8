internal import VarveGroups
internal import VarveShares
internal import VarveTerms
internal import VarveTransactions

/// A state machine of one partition that has something to do at some time.
protocol TimedCoordinator {
    /// When, or earlier; nil when nothing is waited for.
    var nextDeadline: Instant? { get }
}

extension GroupCoordinator: TimedCoordinator {}
extension ShareGroupCoordinator: TimedCoordinator {}
extension TransactionCoordinator: TimedCoordinator {}

/// The coordinators that live on the partitions of one topic, and when each has something to do.
struct CoordinatorTable<Coordinator: TimedCoordinator> {
    private var coordinators: [Int32: Coordinator] = [:]
    private var alarms = AlarmQueue<Int32>()

    /// When one of them has something to do, or earlier.
    /// - Complexity: O(1): it is asked for in each turn.
    var nextDeadline: Instant? { alarms.first }

    subscript(index: Int32) -> Coordinator? { coordinators[index] }

    /// The partitions that have one, in order.
    var indices: [Int32] { coordinators.keys.sorted() }

    /// Takes a coordinator out, so that it is changed in place and nobody else sees it meanwhile.
    mutating func take(_ index: Int32) -> Coordinator? { coordinators.removeValue(forKey: index) }

    /// Puts a coordinator back, or in.
    mutating func put(_ coordinator: Coordinator, at index: Int32) {
        alarms.set(coordinator.nextDeadline, for: index)
        coordinators[index] = coordinator
    }

    /// Takes a coordinator out for good.
    @discardableResult
    mutating func remove(_ index: Int32) -> Coordinator? {
        alarms.set(nil, for: index)
        return coordinators.removeValue(forKey: index)
    }

    mutating func removeAll() {
        coordinators = [:]
        alarms = AlarmQueue()
    }

    /// The partitions whose coordinators have something to do by now, in order. Each is put back
    /// by whoever lets it work.
    mutating func takeDue(at now: Instant) -> [Int32] { alarms.popDue(at: now).sorted() }
}
