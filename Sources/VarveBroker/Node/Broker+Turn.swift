internal import VarveLog
internal import VarveTransport
internal import VarveWire

/// The end of a turn: what it wrote is flushed, then those are answered who wait for that.
extension Broker {
    func settle(on loop: EventLoop) {
        if turnUnderway != nil {
            // Whoever comes later waits for the flush that runs, and shares the next one.
            guard waitingSize >= Self.waitingSizeMax else { return }
            endTurnUnderway(on: loop)
        }
        repeat {
            let turn = takeTurn()
            if beginFlushBeside(of: turn, on: loop) { return }
            flush(turn.written)
            finish(turn, on: loop)
        } while !dirty.isEmpty || !afterFlush.isEmpty
    }

    /// Takes what was written since the last flush, with those who wait for it. Its metadata is
    /// flushed, or has failed to be.
    func takeTurn() -> WrittenTurn {
        flushMetadata()
        defer { (dirty, afterFlush) = ([], []) }
        return WrittenTurn(
            written: dirty, answers: afterFlush, metadataFailure: metadataFailure)
    }

    /// Answers, now that it is known what became of the flush.
    func finish(_ turn: WrittenTurn, on loop: EventLoop) {
        metadataFailure = turn.metadataFailure
        for answer in turn.answers { answer(loop) }
        metadataFailure = nil
        for partition in turn.written {
            partition.flushFailure = nil
            wakeFetches(of: partition, on: loop)
            wakeShareFetches(of: partition, on: loop)
        }
    }

    /// Flushes the metadata log when a record of it is not flushed.
    private func flushMetadata() {
        do throws(LogError) {
            try metadata.flush()
            unflushedTopics = []
        } catch {
            metadataFailure = error
        }
    }

    /// Flushes partitions, together where that is cheaper.
    func flush(_ written: [Partition]) {
        if settings.flushPolicy == .durable, written.count > 1 {
            node.shareFlush(of: written.map(\.log))
        }
        for partition in written { flush(partition) }
    }

    /// Without its topic's records a restart would put a partition aside: it is no safer than they
    /// are.
    func noteMetadataFailure(in partition: Partition) {
        if let metadataFailure, unflushedTopics.contains(partition.topic) {
            partition.flushFailure = metadataFailure
        }
    }

    /// Flushes a partition, if it was not flushed with others.
    private func flush(_ partition: Partition) {
        partition.isNoted = false
        noteMetadataFailure(in: partition)
        do throws(LogError) {
            if settings.flushPolicy == .durable { try partition.log.flush() }
            noteSuccess(of: partition)
        } catch {
            partition.flushFailure = error
            noteFailure(error, of: partition)
        }
    }

    /// Remembers that a partition was written to.
    func note(_ partition: Partition) {
        guard !partition.isNoted else { return }
        partition.isNoted = true
        dirty.append(partition)
        noteUpkeep(of: partition)
    }

    /// Answers once all that this turn wrote is flushed: what is told may be of this turn.
    func answerAfterFlush(
        _ response: some WireMessage, to context: RequestContext
    ) {
        afterFlush.append { loop in self.answer(response, to: context, on: loop) }
    }

    /// Answers once the metadata log is flushed.
    ///
    /// - Parameter refuse: takes back what the answer says, where the flush failed: a crash may
    ///   still undo it.
    func answerAfterMetadata<Response: WireMessage>(
        _ response: Response, to context: RequestContext,
        refuse: @escaping (inout Response, LogError) -> Void
    ) {
        afterFlush.append { loop in
            var response = response
            if let failure = self.metadataFailure { refuse(&response, failure) }
            self.answer(response, to: context, on: loop)
        }
    }
}
