internal import VarveLog
internal import VarveTransport
internal import VarveWire

/// The end of a turn: what it wrote is flushed, then those are answered who wait for that.
extension Broker {
    func settle(on loop: EventLoop) {
        repeat {
            let written = dirty
            dirty = []
            flushMetadata()
            flush(written)
            let answers = afterFlush
            afterFlush = []
            for answer in answers { answer(loop) }
            metadataFailure = nil
            for partition in written {
                partition.flushFailure = nil
                wakeFetches(of: partition, on: loop)
                wakeShareFetches(of: partition, on: loop)
            }
        } while !dirty.isEmpty || !afterFlush.isEmpty
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
    private func flush(_ written: [Partition]) {
        if settings.flushPolicy == .durable, written.count > 1 {
            node.shareFlush(of: written.map(\.log))
        }
        for partition in written { flush(partition) }
    }

    /// Flushes a partition, if it was not flushed with others. Without its topic's records a
    /// restart would put it aside: it is no safer than they are.
    private func flush(_ partition: Partition) {
        partition.isDirty = false
        if let metadataFailure, unflushedTopics.contains(partition.topic) {
            partition.flushFailure = metadataFailure
        }
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
        guard !partition.isDirty else { return }
        partition.isDirty = true
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
