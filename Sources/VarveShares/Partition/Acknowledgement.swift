public import VarveTerms

/// What a member says about a record that it has.
public enum Acknowledgement: Int8, Hashable, Sendable, CaseIterable {
    /// There is no record at this offset: the log was compacted, or it is a control record.
    case gap = 0
    /// It was dealt with.
    case accept = 1
    /// It is for somebody else, later.
    case release = 2
    /// Nobody can deal with it.
    case reject = 3
    /// It takes longer: the lock begins anew (KIP-1222).
    case renew = 4
}

/// One row of an acknowledgement: a range of offsets and what is said about them.
public struct AcknowledgedRecords: Hashable, Sendable {
    public let offsets: Range<Offset>
    /// One for all, or one for each.
    let kinds: [Acknowledgement]

    /// - Returns: nil for a row that makes no sense: no offsets, or not one kind for all or each.
    public init?(first: Int64, last: Int64, kinds: [Acknowledgement]) {
        guard let lower = Offset(exactly: first), first <= last, last < .max,
            let upper = lower.advanced(byExactly: last - first + 1),
            kinds.count == 1 || Int64(kinds.count) == last - first + 1
        else { return nil }
        (offsets, self.kinds) = (lower..<upper, kinds)
    }

    /// Offsets of which the same is said.
    var parts: [(offsets: Range<Offset>, kind: Acknowledgement)] {
        guard kinds.count > 1 else { return kinds.map { (offsets, $0) } }
        var parts: [(offsets: Range<Offset>, kind: Acknowledgement)] = []
        var start = 0
        for place in kinds.indices
        where place + 1 == kinds.count || kinds[place + 1] != kinds[place] {
            let lower = offsets.lowerBound.advanced(by: Int64(start))
            let upper = offsets.lowerBound.advanced(by: Int64(place + 1))
            parts.append((lower..<upper, kinds[place]))
            start = place + 1
        }
        return parts
    }
}

extension SharePartition {
    /// Takes what a member says about its records: all of it or, when something is wrong, nothing.
    ///
    /// Offsets before the start are passed over: what was done there is done.
    /// - Throws: `.invalidRequest` for rows that go back, or for offsets that nobody ever acquired;
    ///   `.invalidRecordState` for records that the member does not have.
    public mutating func acknowledge(
        _ rows: [AcknowledgedRecords], by member: String, at now: Instant
    ) throws(ShareRefusal) {
        var next = self
        var last: Offset?
        for row in rows {
            if let last, row.offsets.lowerBound < last { throw ShareRefusal(.invalidRequest) }
            last = row.offsets.upperBound.advanced(by: -1)
            for part in row.parts { try next.take(part.kind, on: part.offsets, by: member, now) }
        }
        next.advanceStart()
        self = next
    }

    private mutating func take(
        _ kind: Acknowledgement, on offsets: Range<Offset>, by member: String, _ now: Instant
    ) throws(ShareRefusal) {
        guard offsets.upperBound > start else { return }
        let offsets = max(start, offsets.lowerBound)..<offsets.upperBound
        let beyond = { (which: String) in
            ShareRefusal(
                .invalidRequest,
                "Batch record not found. The \(which) offset in request is past acquired records.")
        }
        guard offsets.lowerBound < end else { throw beyond("first") }
        guard offsets.upperBound <= end else { throw beyond("last") }
        let touched = runs[place(of: offsets.lowerBound)...].prefix {
            $0.offsets.lowerBound < offsets.upperBound
        }
        for run in touched {
            guard case .acquired(let owner, _) = run.state else {
                throw ShareRefusal(
                    .invalidRecordState,
                    "The offset cannot be acknowledged. The offset is not acquired.")
            }
            guard owner == member else {
                throw ShareRefusal(.invalidRecordState, "Member is not the owner of offset")
            }
        }
        for run in touched {
            let state: RecordState
            switch kind {
            case .accept: state = .acknowledged
            case .gap, .reject: state = .archived
            case .release: state = stateAfterRelease(run)
            case .renew: state = .acquired(by: member, until: now.advanced(by: limits.lockDuration))
            }
            set(state, run.deliveryCount, on: run.offsets.clamped(to: offsets))
        }
    }
}
