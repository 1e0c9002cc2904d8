internal import Synchronization
internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveTerms

// Batches of producers that number them. Their sequences are checked when they are handed over,
// with everything that is collected and not written yet taken for written: a commit that fails
// takes that back, and with it everything that was handed over since.
extension CommitCore {
    /// Takes whole batches that were checked but for their sequences. Those that are in the log, or
    /// are collected already, are left out.
    func take(
        produced batches: RawSpan, in state: inout State
    ) throws(LogError) -> SubmitOutcome {
        guard let start = try room(for: batches.byteCount, in: state) else { return .full }
        let choice = try choose(from: batches, at: start, knowing: state.producers)
        let receipt = choice.tally.receipt(at: start, appended: !choice.new.isEmpty)
        if !choice.new.isEmpty {
            state.collecting.add(choice.new, of: batches, from: start, epoch: settings.leaderEpoch)
            Self.note(choice.new, of: batches, at: start, in: &state.producers)
            state.endOffset = choice.end
        }
        return .accepted(
            AppendTicket(
                offsets: receipt.offsets, isDuplicate: receipt.isDuplicate,
                generation: state.failures.count,
                group: state.group(deciding: receipt.offsets.upperBound)))
    }

    /// Which batches of a submission are new.
    private struct Choice {
        var new: [Range<Int>] = []
        var tally = DuplicateTally()
        /// The offset after the last new one.
        var end: Offset
    }

    private func choose(
        from batches: RawSpan, at start: Offset, knowing producers: borrowing ProducerStates
    ) throws(LogError) -> Choice {
        var choice = Choice(end: start)
        var check = SequenceCheck()
        var position = 0
        while let header = BatchHeader(batches, at: position) {
            let range = position..<position + header.sizeInBytes
            position = range.upperBound
            let known = try check.duplicate(
                header, batches.extracting(range), at: choice.end, knowing: producers)
            if let known {
                choice.tally.duplicates += 1
                choice.tally.cover(known)
                continue
            }
            guard let end = choice.end.advanced(byExactly: Int64(header.lastOffsetDelta) + 1)
            else { throw .offsetsExhausted(path: path) }
            choice.tally.cover(choice.end..<end)
            choice.new.append(range)
            choice.end = end
        }
        return choice
    }

    /// Takes the batches in `ranges`, which get their offsets from `start` on.
    private static func note(
        _ ranges: [Range<Int>], of batches: RawSpan, at start: Offset,
        in producers: inout ProducerStates
    ) {
        var next = start
        for range in ranges {
            guard var header = BatchHeader(batches, at: range.lowerBound) else { return }
            header.baseOffset = next.rawValue
            producers.take(header, batches.extracting(range))
            next = next.advanced(by: Int64(header.lastOffsetDelta) + 1)
        }
    }
}

extension CommitCore.State {
    /// The group whose commit decides everything before `end`; 0 for what is decided.
    fileprivate func group(deciding end: Offset) -> Int {
        if end <= acknowledged { return 0 }
        return end > gatheringStart ? gathering.group : gathering.group - 1
    }

    /// Goes by what the log knows, and what is collected beyond it. The caller has the committer's
    /// role.
    mutating func takeProducers(of log: Log) {
        var known = log.producers
        collecting.tell(&known)
        producers = known
        producersTakenBack = log.producersTakenBack
    }
}

extension Staging {
    /// Lets producers have what is collected of theirs.
    fileprivate func tell(_ producers: inout ProducerStates) {
        let batches = bytes.bytes
        var position = 0
        while let header = BatchHeader(batches, at: position) {
            let end = position + header.sizeInBytes
            producers.take(header, batches.extracting(position..<end))
            position = end
        }
    }
}
