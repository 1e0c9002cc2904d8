public import VarveTerms

/// What of a record's state lasts: who has it now does not.
public enum DeliveryState: Int8, Hashable, Sendable {
    case available = 0
    case acknowledged = 2
    case archived = 4

    /// Nil for a record that somebody has.
    init?(_ state: RecordState) {
        switch state {
        case .available: self = .available
        case .acquired: return nil
        case .acknowledged: self = .acknowledged
        case .archived: self = .archived
        }
    }

    var recordState: RecordState {
        switch self {
        case .available: .available
        case .acknowledged: .acknowledged
        case .archived: .archived
        }
    }
}

/// Records next to each other in the same state, as they are kept.
public struct StateBatch: Hashable, Sendable {
    /// Never empty.
    public var offsets: Range<Offset>
    public var state: DeliveryState
    public var deliveryCount: Int16

    public init(_ offsets: Range<Offset>, _ state: DeliveryState, deliveryCount: Int16) {
        precondition(!offsets.isEmpty, "a batch at \(offsets.lowerBound) without records")
        (self.offsets, self.state, self.deliveryCount) = (offsets, state, deliveryCount)
    }

    /// Reads the fields of a record or a request. An unknown state is taken as available: nothing
    /// is passed over because of it.
    /// - Returns: nil for offsets that cannot be.
    public init?(first: Int64, last: Int64, state: Int8, deliveryCount: Int16) {
        guard let lower = Offset(exactly: first), first <= last, last < .max,
            let upper = Offset(exactly: last + 1)
        else { return nil }
        self.init(
            lower..<upper, DeliveryState(rawValue: state) ?? .available,
            deliveryCount: max(0, deliveryCount))
    }

    /// The part at or after an offset; nil when there is none.
    func clipped(from start: Offset) -> StateBatch? {
        guard offsets.upperBound > start else { return nil }
        let offsets = max(start, offsets.lowerBound)..<offsets.upperBound
        return StateBatch(offsets, state, deliveryCount: deliveryCount)
    }
}

extension [StateBatch] {
    /// Puts a newer batch over older ones. In ascending order before and after.
    /// - Complexity: O(n)
    mutating func overlay(_ batch: StateBatch) {
        var result: [StateBatch] = []
        result.reserveCapacity(count + 2)
        var isIn = false
        for old in self {
            if old.offsets.upperBound <= batch.offsets.lowerBound {
                result.append(old)
                continue
            }
            if old.offsets.lowerBound < batch.offsets.lowerBound {
                var head = old
                head.offsets = old.offsets.lowerBound..<batch.offsets.lowerBound
                result.append(head)
            }
            if !isIn { result.append(batch) }
            isIn = true
            if old.offsets.upperBound > batch.offsets.upperBound {
                var tail = old
                let lower = Swift.max(old.offsets.lowerBound, batch.offsets.upperBound)
                tail.offsets = lower..<old.offsets.upperBound
                result.append(tail)
            }
        }
        if !isIn { result.append(batch) }
        self = result.joined
    }

    /// With neighbours that are alike made one.
    private var joined: [StateBatch] {
        var result: [StateBatch] = []
        for batch in self {
            if let last = result.last, last.offsets.upperBound == batch.offsets.lowerBound,
                last.state == batch.state, last.deliveryCount == batch.deliveryCount
            {
                let offsets = last.offsets.lowerBound..<batch.offsets.upperBound
                result[result.count - 1].offsets = offsets
            } else {
                result.append(batch)
            }
        }
        return result
    }
}
