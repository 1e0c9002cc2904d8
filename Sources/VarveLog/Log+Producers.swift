internal import VarveBytes
public import VarveRecords
internal import VarveSystem
public import VarveTerms

extension Log {
    // MARK: Transactions

    /// Appends the marker that ends a producer's transaction.
    ///
    /// Where no transaction of it is open the marker is appended all the same: it may bring a new
    /// epoch, which fences what the producer sent under the old one.
    /// - Parameters:
    ///   - producer: its id and the epoch under which the transaction ends.
    ///   - coordinatorEpoch: of whoever decided; not lower than that of the producer's last marker.
    ///   - epoch: the leader epoch that the batch is stamped with; nil for the last one.
    /// - Throws: `.producer` for a stale epoch, of the producer or of the coordinator; else as
    ///   `append`.
    @discardableResult
    public func appendMarker(
        _ outcome: TransactionOutcome, of producer: ProducerStamp, coordinatorEpoch: Int32,
        epoch: LeaderEpoch? = nil
    ) throws(LogError) -> AppendReceipt {
        let now = surroundings.clock.wallClock()
        var batch = ByteBuffer(capacity: 128)
        try TransactionMarker(outcome, coordinatorEpoch: coordinatorEpoch)
            .print(of: producer, now: now, into: &batch)
        return try append(batch.bytes, epoch: epoch, checking: .frame)
    }

    /// What the log knows of a producer; nil when it knows nothing.
    public func producer(_ id: Int64) -> ProducerState? { producers[id] }

    /// All producers that the log remembers, by id.
    public var activeProducers: [ProducerState] { producers.producers }

    /// How many producers the log remembers.
    public var producerCount: Int { producers.count }

    /// The transactions that are open, by first offset.
    public var openTransactions: [ProducerStates.OpenTransaction] { producers.open }

    /// Forgets producers that wrote nothing for `settings.producerAgeMax`, as told by the
    /// timestamps of their last batches and markers. `applyRetention` does so, too.
    /// - Parameter now: the wall clock.
    /// - Returns: how many were forgotten.
    @discardableResult
    public func expireProducers(now: Timestamp) throws(LogError) -> Int {
        try checkOpen()
        guard !producers.isEmpty else { return 0 }
        let count = producers.expire(now: now, ageMax: settings.producerAgeMax)
        if count > 0 { producersTakenBack += 1 }
        return count
    }

    // MARK: What batches say

    /// Takes batches that were just written; call it before the log's end moves past them, so that
    /// no reader takes an open transaction for a decided one.
    func noteProducers(of batches: RawSpan) {
        var position = 0
        while let header = BatchHeader(batches, at: position) {
            let end = position + header.sizeInBytes
            defer { position = end }
            guard header.producerId >= 0 else { continue }
            guard let done = producers.take(header, batches.extracting(position..<end)) else {
                stability.didBegin(firstOpen: producers.firstOpenOffset)
                continue
            }
            if let aborted = done.aborted {
                active.segment.transactionIndex.append(aborted)
                // The index can be made anew: an append does not fail with it.
                _ = try? active.segment.transactionIndex.store(.written)
            }
            stability.didEnd(done, nextOpen: producers.firstOpenOffset)
        }
    }

    /// The producers as of `end`, which lies below the log's end: from the newest snapshot before
    /// it and the batches behind that.
    func producers(asOf end: Offset) throws(LogError) -> ProducerStates {
        // Where there is nothing now, there was nothing, or it has expired.
        guard !producers.isEmpty else { return producers }
        let first = segments[0].baseOffset
        guard end > first else { return ProducerStates() }
        let found = try snapshots.newest(in: first...end).found
        var replay = ProducerReplay(
            found?.states ?? ProducerStates(), from: found?.offset ?? first)
        try replay.run(over: segments, to: end, through: .includingUnflushed)
        return replay.states
    }

    /// Takes the producers back with a log that was cut at `end`.
    func goBack(to states: ProducerStates, at end: Offset) {
        producers = states
        producersTakenBack += 1
        stability.didCut(at: end, firstOpen: states.firstOpenOffset)
    }

    /// Takes snapshots and index entries away that speak of what was cut off.
    func cutProducerFiles(at end: Offset, in last: Segment) throws(LogError) {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.snapshotAboveCutKept.isPlanted { return }
        #endif
        let hasCut = try last.transactionIndex.cut(at: end)
        try wrapping { () throws(FileError) in
            snapshots = try ProducerSnapshots(folder: path, in: surroundings.fileSystem)
            var mustFlush = try snapshots.remove { $0 > end }
            if hasCut, try last.transactionIndex.store(.flushed) { mustFlush = true }
            if mustFlush { try surroundings.fileSystem.flushDirectory(path) }
        }
    }

    // MARK: Snapshots

    /// Writes a snapshot as of the log's end, if all of it is flushed.
    func storeSnapshot() {
        guard ends.flushed == ends.written else { return }
        storeSnapshot(of: producers, at: ends.written)
    }

    /// Writes a snapshot as of `end`, below which everything is flushed. A failure is no loss: the
    /// next opening has more to read.
    func storeSnapshot(of states: ProducerStates, at end: Offset) {
        // At the first batch nothing is known, and that needs no file.
        guard snapshots.sound != end, end > segments[0].baseOffset else { return }
        do throws(FileError) {
            // A snapshot vouches for the index entries of the markers before it.
            try active.segment.transactionIndex.store(.flushed)
            try snapshots.store(states, at: end)
            try surroundings.fileSystem.flushDirectory(path)
            try snapshots.prune(baseCount: segments.count) { segments[$0].baseOffset }
        } catch {
            return
        }
    }
}
