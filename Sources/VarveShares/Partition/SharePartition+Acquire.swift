public import VarveTerms

extension SharePartition {
    /// Gives a member records: those that came back first, then new ones.
    ///
    /// A record that comes for the last time comes alone: when it makes its reader fail, it does
    /// not use up the deliveries of its neighbours.
    ///
    /// - Parameter log: read from `nextOffset` on. Offsets before and between its batches have no
    ///   records; they are done with.
    /// - Returns: what was acquired, in ascending order; empty when there is nothing.
    public mutating func acquire(
        _ request: AcquireRequest, from log: LogBatches, at now: Instant
    ) -> [AcquiredRecords] {
        var haul = Haul(request, until: now.advanced(by: limits.lockDuration))
        var seen = nextOffset
        var room = limits.inFlightCountMax - inFlightCount
        for batch in log.batches where batch.upperBound > start {
            if seen < batch.lowerBound { archiveMissing(seen..<batch.lowerBound) }
            seen = max(seen, batch.upperBound)
            acquireAgain(in: batch, hidden: log.hidden, &haul)
            let new = max(end, batch.lowerBound)..<max(end, batch.upperBound)
            if !new.isEmpty, !haul.isFull {
                guard room > 0 else { break }
                room -= new.lowerBound.distance(to: new.upperBound)
                take(new, deliveryCount: 0, hidden: log.hidden, &haul)
            }
            if haul.isFull { break }
            haul.endBatch()
        }
        advanceStart()
        return haul.rows
    }

    /// Offsets of which the log has no record, because it was compacted.
    private mutating func archiveMissing(_ offsets: Range<Offset>) {
        forEachAvailable(in: offsets) { partition, run in
            partition.set(.archived, run.deliveryCount, on: run.offsets)
            return true
        }
        if end < offsets.upperBound {
            append(RecordRun(end..<offsets.upperBound, .archived, deliveryCount: 0))
        }
    }

    /// Acquires what was acquired before, and came back.
    private mutating func acquireAgain(
        in batch: Range<Offset>, hidden: [Range<Offset>], _ haul: inout Haul
    ) {
        forEachAvailable(in: batch) { partition, run in
            guard !haul.isFull else { return false }
            var offsets = run.offsets
            let isLast =
                partition.limits.deliveryCountMax > 2
                && run.deliveryCount >= partition.limits.deliveryCountMax - 1
            if isLast {
                guard haul.count == 0 else {
                    haul.stop()
                    return false
                }
                offsets = offsets.lowerBound..<offsets.lowerBound.advanced(by: 1)
            }
            partition.take(offsets, deliveryCount: run.deliveryCount, hidden: hidden, &haul)
            if isLast, haul.count > 0 { haul.stop() }
            return true
        }
    }

    /// Calls `body` with the available records in a range, run by run, until it returns false.
    private mutating func forEachAvailable(
        in offsets: Range<Offset>, _ body: (inout SharePartition, RecordRun) -> Bool
    ) {
        var next = offsets.lowerBound
        while next < offsets.upperBound {
            let place = place(of: next)
            guard place < runs.count, runs[place].offsets.lowerBound < offsets.upperBound else {
                return
            }
            var run = runs[place]
            run.offsets = run.offsets.clamped(to: next..<offsets.upperBound)
            next = run.offsets.upperBound
            if run.state == .available, !body(&self, run) { return }
        }
    }

    /// Acquires records in one go, but for those that are hidden.
    private mutating func take(
        _ offsets: Range<Offset>, deliveryCount: Int16, hidden: [Range<Offset>],
        _ haul: inout Haul
    ) {
        var next = offsets.lowerBound
        for gap in hidden where gap.overlaps(offsets) {
            let gap = gap.clamped(to: offsets)
            if next < gap.lowerBound { take(next..<gap.lowerBound, deliveryCount, &haul) }
            guard !haul.isFull else { return }
            put(.archived, deliveryCount, on: gap)
            next = gap.upperBound
        }
        if next < offsets.upperBound { take(next..<offsets.upperBound, deliveryCount, &haul) }
    }

    private mutating func take(
        _ offsets: Range<Offset>, _ deliveryCount: Int16, _ haul: inout Haul
    ) {
        let offsets = haul.cut(offsets)
        guard !offsets.isEmpty else { return }
        let count = deliveryCount == .max ? deliveryCount : deliveryCount + 1
        put(.acquired(by: haul.request.member, until: haul.until), count, on: offsets)
        haul.add(AcquiredRecords(offsets, count))
    }

    /// Puts a state on records that were acquired before, or are the next ones.
    private mutating func put(
        _ state: RecordState, _ deliveryCount: Int16, on offsets: Range<Offset>
    ) {
        if offsets.lowerBound == end {
            append(RecordRun(offsets, state, deliveryCount: deliveryCount))
        } else {
            set(state, deliveryCount, on: offsets)
        }
    }
}

/// What one request has got so far.
private struct Haul {
    let request: AcquireRequest
    let until: Instant
    private(set) var rows: [AcquiredRecords] = []
    private(set) var count: Int64 = 0
    private(set) var isFull: Bool
    /// Whether the next records begin a row of their own.
    private var isRowDone = false

    init(_ request: AcquireRequest, until: Instant) {
        (self.request, self.until) = (request, until)
        isFull = request.recordCountMax <= 0
    }

    mutating func stop() { isFull = true }

    /// As much of these records as may still be taken.
    func cut(_ offsets: Range<Offset>) -> Range<Offset> {
        let room = request.recordCountMax - count
        let wanted = offsets.lowerBound.distance(to: offsets.upperBound)
        guard request.mode == .recordLimit, wanted > room else { return offsets }
        return offsets.lowerBound..<offsets.lowerBound.advanced(by: max(0, room))
    }

    mutating func add(_ records: AcquiredRecords) {
        count += records.count
        if request.mode == .recordLimit, count >= request.recordCountMax { isFull = true }
        if !isRowDone, let last = rows.last, last.deliveryCount == records.deliveryCount,
            last.offsets.upperBound == records.offsets.lowerBound
        {
            rows[rows.count - 1].offsets = last.offsets.lowerBound..<records.offsets.upperBound
        } else {
            rows.append(records)
        }
        isRowDone = false
    }

    /// A batch of the log ends here.
    mutating func endBatch() {
        if count >= request.recordCountMax { isFull = true }
        isRowDone = (rows.last?.count ?? 0) >= request.batchSize
    }
}
