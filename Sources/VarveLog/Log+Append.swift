internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
public import VarveTerms

/// What an append was given.
public struct AppendReceipt: Hashable, Sendable {
    /// The offsets of the batches, first to one past the last. Where some of them were in the log
    /// before, others may lie between.
    public var offsets: Range<Offset>
    /// How many of the batches were in the log already, and were not appended again: each is known
    /// by its producer's id, epoch and sequence.
    public var duplicates = 0
    /// Whether nothing was appended, since all of it was there already.
    public var isDuplicate = false

    public init(offsets: Range<Offset>) { self.offsets = offsets }
}

extension Log {
    /// Appends whole batches as they are, but for the offsets and the leader epoch that they get,
    /// which lie outside their checksum.
    ///
    /// On return they have survived what `settings.flushPolicy` promises. After a crash before the
    /// return, none, some from the front, or all of them are in the log.
    ///
    /// - Parameters:
    ///   - batches: one or more record batches, magic 2, one after the other.
    ///   - epoch: the leader epoch that they are stamped with, not lower than the last one; nil for
    ///     the last one itself.
    ///   - depth: how much of them is checked first.
    ///
    /// A batch that its producer sent before, one of its last five, is not appended again: the
    /// receipt says so, with the offsets that it got then, and waits for them to be as safe.
    ///
    /// - Throws: `.refused`, `.tooLarge`, `.producer` and `.offsetsExhausted` for what was given,
    ///   with nothing appended; `.checkpoint` and `.file` when writing failed: nothing of the
    ///   segment's share is appended then, batches before a roll stay, `ends` tells, and the log
    ///   goes on when the cause is gone; `.poisoned` when a flush failed.
    /// - Complexity: O(size); one copy, one `pwrite` for each segment touched, and one `fdatasync`
    ///   under `.durable`.
    @discardableResult
    public func append(
        _ batches: RawSpan, epoch: LeaderEpoch? = nil, checking depth: AppendCheck = .records
    ) throws(LogError) -> AppendReceipt {
        let now = surroundings.clock.wallClock()
        let receipt = try write(batches, epoch: epoch, checking: depth, now: now)
        try settle()
        return receipt
    }

    /// Appends whole batches with the offsets and epochs that they carry, as a follower does.
    ///
    /// - Throws: as `append`; `.offsetsOutOfOrder` when the first starts before the log's end, or
    ///   one starts before the one that it follows ends.
    @discardableResult
    public func appendAsSent(
        _ batches: RawSpan, checking depth: AppendCheck = .frame
    ) throws(LogError) -> AppendReceipt {
        try checkOpen()
        let first = try checkAll(batches, depth) ?? ends.written
        guard first >= ends.written else {
            throw .offsetsOutOfOrder(given: first.rawValue, expected: ends.written)
        }
        try writeStamped(batches, now: surroundings.clock.wallClock())
        try settle()
        return AppendReceipt(offsets: first..<ends.written)
    }

    /// Appends without waiting for the disk, whatever the policy: on return the batches survive
    /// the death of the process. `flush` makes them durable.
    @discardableResult
    public func write(
        _ batches: RawSpan, epoch: LeaderEpoch? = nil, checking depth: AppendCheck = .records,
        now: Timestamp
    ) throws(LogError) -> AppendReceipt {
        try checkOpen()
        var receipt = AppendReceipt(offsets: ends.written..<ends.written)
        var stamped = staging.take()
        do {
            let epoch = epoch ?? latestEpoch ?? .zero
            receipt = try stamp(batches, into: &stamped, epoch: epoch, checking: depth, now: now)
            try writeStamped(stamped.bytes, now: now)
        } catch {
            staging.give(back: stamped)
            throw error
        }
        staging.give(back: stamped)
        return receipt
    }

    /// Copies checked batches with the offsets that follow the log's end; those that are in the
    /// log already are left out.
    private func stamp(
        _ batches: RawSpan, into stamped: inout ByteBuffer, epoch: LeaderEpoch,
        checking depth: AppendCheck, now: Timestamp
    ) throws(LogError) -> AppendReceipt {
        var position = 0
        var next = ends.written
        var check = SequenceCheck()
        var tally = DuplicateTally()
        while position < batches.byteCount {
            let header = try inspection.check(
                batches, at: position, depth, sizeMax: settings.batchSizeMax)
            guard let end = next.advanced(byExactly: Int64(header.lastOffsetDelta) + 1) else {
                throw .offsetsExhausted(path: path)
            }
            let batch = batches.extracting(position..<position + header.sizeInBytes)
            position += header.sizeInBytes
            if header.producerId >= 0,
                let offsets = try check.duplicate(header, batch, at: next, knowing: producers)
            {
                tally.duplicates += 1
                tally.cover(offsets)
                continue
            }
            let place = stamped.count
            stamped.append(batch)
            var bytes = stamped.mutableBytes
            BatchPatch.stamp(&bytes, at: place, baseOffset: next, leaderEpoch: epoch)
            #if VARVE_PLANTED_BUGS
                if PlantedBug.offsetNotStamped.isPlanted {
                    BatchPatch.stamp(&bytes, at: place, baseOffset: .zero, leaderEpoch: epoch)
                }
            #endif
            if settings.timestamps == .log {
                BatchPatch.setTimestamps(&bytes, at: place, type: .logAppend, maxTimestamp: now)
            }
            tally.cover(next..<end)
            next = end
        }
        return tally.receipt(at: ends.written, appended: next > ends.written)
    }

    /// Writes batches that are checked and stamped already: the road of `SharedLog`, which stamps
    /// while it collects.
    ///
    /// - Precondition: whole lawful batches whose offsets go on where the log ends.
    package func writeStamped(_ batches: RawSpan, now: Timestamp) throws(LogError) {
        try checkOpen()
        let carriesProducers = try noteEpochs(of: batches)
        var position = 0
        while position < batches.byteCount {
            let rest = batches.extracting(position..<batches.byteCount)
            if leftover != nil { try roll(before: rest) }
            let run: ActiveSegment.Run?
            do {
                run = try active.append(
                    rest, settings: settings, now: now, prewriting: zeros(behind: rest))
            } catch {
                // Runs before this one went to a sealed segment and stay; they are reported by the
                // ends, and nobody was told of them.
                throw failed(error)
            }
            if let run {
                position += run.size
                appendedSize += run.size
                if carriesProducers { noteProducers(of: rest.extracting(0..<run.size)) }
                ends.didWrite(through: run.endOffset)
            } else {
                try roll(before: rest)
            }
        }
        if settings.flushPolicy != .durable { publishEnds() }
    }

    /// How many zeros are to follow batches that make the file longer. Only who waits for the disk
    /// gains by them.
    private func zeros(behind batches: RawSpan) -> Int {
        guard settings.flushPolicy == .durable else { return 0 }
        return PrewrittenSpace.step(
            appended: appendedSize, flush: unflushedActiveSize + batches.byteCount,
            most: settings.prewriting.bytes)
    }

    /// Goes on in a new segment, to which the offsets of the next batch are near enough.
    private func roll(before batches: RawSpan) throws(LogError) {
        guard let next = BatchHeader(batches), let last = next.lastOffset else {
            preconditionFailure("no lawful batch at the front")
        }
        // Batches that keep their offsets may leave a gap of more than 31 bits. The log then ends
        // behind the gap, in which there is no record.
        if last - ends.written.rawValue > Int64(Int32.max) {
            ends.didWrite(through: Offset(next.baseOffset))
        }
        try roll()
    }

    private func failed(_ failure: AppendFailure) -> LogError {
        switch failure {
        case .refused(let error): .file(error)
        case .remains(let error): poison(error)
        }
    }

    /// What the policy asks for before an append may be acknowledged.
    private func settle() throws(LogError) {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.acknowledgedBeforeFlush.isPlanted, settings.flushPolicy == .durable {
                return
            }
        #endif
        switch settings.flushPolicy {
        case .durable: try flush()
        case .interval(let interval):
            let now = surroundings.clock.now()
            guard now.duration(since: lastFlush) >= interval else { return }
            try flush()
            lastFlush = now
        case .pageCache: return
        }
    }

    /// Checks batches that keep their offsets.
    /// - Returns: the first offset.
    private func checkAll(
        _ batches: RawSpan, _ depth: AppendCheck
    ) throws(LogError) -> Offset? {
        var position = 0
        var first: Offset?
        var expected = ends.written
        while position < batches.byteCount {
            let header = try inspection.check(
                batches, at: position, depth, sizeMax: settings.batchSizeMax, from: .leader)
            let base = Offset(header.baseOffset)
            guard base >= expected, let last = header.lastOffset,
                let end = Offset(exactly: last)?.advanced(byExactly: 1)
            else {
                throw .offsetsOutOfOrder(given: header.baseOffset, expected: expected)
            }
            first = first ?? base
            expected = end
            position += header.sizeInBytes
        }
        return first
    }

    /// Records epochs that batches bring before the batches themselves are written.
    /// - Returns: whether some of the batches carry a producer id.
    private func noteEpochs(of batches: RawSpan) throws(LogError) -> Bool {
        var carriesProducers = false
        var position = 0
        var next = epochs
        while let header = BatchHeader(batches, at: position) {
            if let epoch = LeaderEpoch(exactly: header.partitionLeaderEpoch),
                next.latest.map({ epoch > $0.epoch }) ?? true
            {
                next.append(epoch, from: Offset(header.baseOffset))
            }
            if header.producerId >= 0 { carriesProducers = true }
            position += header.sizeInBytes
        }
        #if VARVE_PLANTED_BUGS
            if PlantedBug.epochsNotStored.isPlanted { (epochs, next) = (next, next) }
        #endif
        if next != epochs { try store(next) }
        return carriesProducers
    }

    /// Replaces the epochs, in the file first.
    func store(_ next: LeaderEpochHistory) throws(LogError) {
        do {
            try LeaderEpochCheckpoint(next).store(
                at: path + "/" + LeaderEpochCheckpoint.fileName, in: surroundings.fileSystem)
        } catch {
            throw .checkpoint(error)
        }
        epochs = next
    }
}
