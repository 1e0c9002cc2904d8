public import VarveTerms

/// Records next to each other that share their state and their delivery count.
public struct RecordRun: Hashable, Sendable {
    /// Never empty.
    public internal(set) var offsets: Range<Offset>
    public internal(set) var state: RecordState
    /// How often they were given to somebody.
    public internal(set) var deliveryCount: Int16

    init(_ offsets: Range<Offset>, _ state: RecordState, deliveryCount: Int16) {
        precondition(!offsets.isEmpty, "a run at \(offsets.lowerBound) without records")
        (self.offsets, self.state, self.deliveryCount) = (offsets, state, deliveryCount)
    }

    public var count: Int64 { offsets.lowerBound.distance(to: offsets.upperBound) }

    /// Whether both may be one run.
    func joins(_ next: RecordRun) -> Bool {
        offsets.upperBound == next.offsets.lowerBound && state == next.state
            && deliveryCount == next.deliveryCount
    }
}

/// What becomes of a record on its way through a share group.
public enum RecordState: Hashable, Sendable {
    /// Waits to be acquired.
    case available
    /// A member has it, until a time at which it is taken back.
    case acquired(by: String, until: Instant)
    /// A member has dealt with it.
    case acknowledged
    /// Nobody gets it any more: rejected, given up after too many deliveries, or gone.
    case archived

    /// Whether it stays as it is for good.
    public var isFinal: Bool {
        switch self {
        case .available, .acquired: false
        case .acknowledged, .archived: true
        }
    }
}

/// What a group's share partitions are held to; each names the group's property that sets it.
public struct ShareLimits: Hashable, Sendable {
    /// `share.delivery.count.limit`: a record is given up when it comes back after so many.
    public var deliveryCountMax: Int16 = 5
    /// `share.record.lock.duration.ms`
    public var lockDuration: Duration = .milliseconds(30_000)
    /// `share.partition.max.record.locks`: no further batch is begun with so many in flight.
    public var inFlightCountMax: Int64 = 2000

    public init() {}
}
