public import VarveTerms

/// What a share group has done with the records of one partition of a topic.
///
///     start ──── runs: available, acquired, acknowledged, archived ──── end ──── never acquired
///
/// A pure value: requests and the time go in, answers come out, and `takeUpdate` tells what must be
/// durable before they leave. What it decides it takes as done at once, so after a failed write the
/// caller throws it away and makes it anew from the state that was kept.
///
/// *Invariants*: the runs tile `start..<end`; two neighbours differ in state or delivery count; the
/// first run is not final; no delivery count is above `limits.deliveryCountMax`, unless it was read
/// so.
/// *Threads*: a value, owned by one shard.
/// *Source*: KIP-932, share-partition; docs/internals/shares.md.
public struct SharePartition: Sendable {
    public var limits: ShareLimits
    /// What was fenced off by a later one is refused by the coordinator of the state.
    public let stateEpoch: Int32
    /// Everything before it is done with.
    public private(set) var start: Offset
    public private(set) var runs: [RecordRun] = []
    /// Not after the end of the first lock; nil when nothing is acquired.
    public private(set) var nextLockEnd: Instant?
    /// What the last update did not tell.
    private var pending = PendingUpdate()

    private struct PendingUpdate {
        var isNeeded = false
        var batches: [StateBatch] = []
    }

    /// A partition of which nothing is known yet.
    public init(start: Offset, stateEpoch: Int32, limits: ShareLimits) {
        (self.start, self.stateEpoch, self.limits) = (start, stateEpoch, limits)
        pending.isNeeded = true
    }

    /// What was kept; records between batches were acquired when the last owner ended, and are
    /// available. Nil when it was not decided yet where to begin.
    public init?(_ state: ShareState, limits: ShareLimits) {
        guard let start = state.start else { return nil }
        (self.start, self.limits, stateEpoch) = (start, limits, state.stateEpoch)
        for batch in state.batches where batch.offsets.upperBound > end {
            let lower = max(batch.offsets.lowerBound, end)
            if lower > end {
                runs.append(RecordRun(end..<lower, .available, deliveryCount: 0))
            }
            let offsets = lower..<batch.offsets.upperBound
            runs.append(
                RecordRun(offsets, batch.state.recordState, deliveryCount: batch.deliveryCount))
        }
        joinRuns(0..<runs.count)
        advanceStart()
        pending = PendingUpdate()
    }

    // MARK: Looking

    /// After the last record that was ever acquired.
    public var end: Offset { runs.last?.offsets.upperBound ?? start }

    /// The first record that may be acquired; at the end where the log goes on.
    public var nextOffset: Offset {
        runs.first { $0.state == .available }?.offsets.lowerBound ?? end
    }

    /// How many records are on their way: neither final nor never acquired.
    public var inFlightCount: Int64 { runs.reduce(0) { $0 + ($1.state.isFinal ? 0 : $1.count) } }

    /// How many records at or after the start are final.
    public var finalCount: Int64 { runs.reduce(0) { $0 + ($1.state.isFinal ? $1.count : 0) } }

    /// Whether records from `nextOffset` on may be acquired.
    public var hasRoom: Bool { nextOffset < end || inFlightCount < limits.inFlightCountMax }

    // MARK: Durability

    /// What must be durable before any answer leaves; nil when nothing changed that lasts.
    public mutating func takeUpdate() -> ShareStateUpdate? {
        guard pending.isNeeded else { return nil }
        let batches = pending.batches.compactMap { $0.clipped(from: start) }
        pending = PendingUpdate()
        return ShareStateUpdate(
            start: start, deliveryCompleteCount: Int32(clamping: finalCount), batches: batches)
    }

    // MARK: Changing

    /// Puts a state on some records, and remembers what of that must last.
    mutating func set(_ state: RecordState, _ deliveryCount: Int16, on offsets: Range<Offset>) {
        let places = isolate(offsets)
        for place in places { runs[place].state = state }
        for place in places { runs[place].deliveryCount = deliveryCount }
        if case .acquired(_, let until) = state {
            nextLockEnd = nextLockEnd.map { min($0, until) } ?? until
        }
        if let lasting = DeliveryState(state) {
            pending.isNeeded = true
            pending.batches.append(
                StateBatch(offsets, lasting, deliveryCount: deliveryCount))
        }
        joinRuns(places)
    }

    /// Adds records that were never acquired before.
    mutating func append(_ run: RecordRun) {
        precondition(run.offsets.lowerBound == end, "a run at \(run.offsets), behind \(end)")
        runs.append(run)
        if case .acquired(_, let until) = run.state {
            nextLockEnd = nextLockEnd.map { min($0, until) } ?? until
        }
        if let lasting = DeliveryState(run.state) {
            pending.isNeeded = true
            pending.batches.append(
                StateBatch(run.offsets, lasting, deliveryCount: run.deliveryCount))
        }
        joinRuns((runs.count - 1)..<runs.count)
    }

    /// Drops what is final at the front.
    mutating func advanceStart() {
        let done = runs.prefix { $0.state.isFinal }
        guard let last = done.last else { return }
        start = last.offsets.upperBound
        runs.removeFirst(done.count)
        pending.isNeeded = true
    }

    /// The log begins later now: nobody gets what is gone.
    public mutating func moveStart(to logStart: Offset) {
        guard logStart > start else { return }
        if logStart < end {
            let places = isolate(start..<logStart)
            runs.removeSubrange(places)
        } else {
            runs = []
        }
        start = logStart
        advanceStart()
    }

    /// Ends locks that are over. What was delivered too often is given up.
    public mutating func expireLocks(at now: Instant) {
        guard let due = nextLockEnd, due <= now else { return }
        giveBack { _, until in until <= now }
    }

    /// A member is gone: what it had is for others.
    public mutating func release(from member: String) { giveBack { owner, _ in owner == member } }

    private mutating func giveBack(where isOver: (String, Instant) -> Bool) {
        nextLockEnd = nil
        for run in runs {
            guard case .acquired(let owner, let until) = run.state else { continue }
            if isOver(owner, until) {
                set(stateAfterRelease(run), run.deliveryCount, on: run.offsets)
            } else {
                nextLockEnd = nextLockEnd.map { min($0, until) } ?? until
            }
        }
        advanceStart()
    }

    /// What a record is when it comes back without having been dealt with.
    func stateAfterRelease(_ run: RecordRun) -> RecordState {
        run.deliveryCount >= limits.deliveryCountMax ? .archived : .available
    }

    // MARK: Runs

    /// The place of the run with an offset.
    /// - Complexity: O(log n)
    func place(of offset: Offset) -> Int {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = low + (high - low) / 2
            if runs[middle].offsets.upperBound <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Splits runs so that some of them cover exactly these offsets.
    private mutating func isolate(_ offsets: Range<Offset>) -> Range<Int> {
        precondition(offsets.lowerBound >= start && offsets.upperBound <= end, "\(offsets)")
        split(at: offsets.lowerBound)
        split(at: offsets.upperBound)
        let first = place(of: offsets.lowerBound)
        return first..<max(first, place(of: offsets.upperBound))
    }

    private mutating func split(at offset: Offset) {
        let place = place(of: offset)
        guard place < runs.count, runs[place].offsets.lowerBound < offset else { return }
        var tail = runs[place]
        tail.offsets = offset..<tail.offsets.upperBound
        runs[place].offsets = runs[place].offsets.lowerBound..<offset
        runs.insert(tail, at: place + 1)
    }

    /// Joins the runs at these places with each other and with their neighbours where they are
    /// alike.
    private mutating func joinRuns(_ places: Range<Int>) {
        var place = min(places.upperBound, runs.count - 1)
        while place > max(0, places.lowerBound - 1) {
            if runs[place - 1].joins(runs[place]) {
                let upper = runs[place].offsets.upperBound
                runs[place - 1].offsets = runs[place - 1].offsets.lowerBound..<upper
                runs.remove(at: place)
            }
            place -= 1
        }
    }
}
