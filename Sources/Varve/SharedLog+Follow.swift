internal import Synchronization
public import VarveLog
internal import VarveSystem
public import VarveTerms

extension SharedLog {
    /// The log's batches from `offset` on, and then each as it becomes readable, without an end
    /// until the log is closed or the task is cancelled.
    ///
    ///     for try await batches in log.follow(from: .zero) {
    ///         batches.forEachBatch { header, bytes in … }
    ///     }
    ///
    /// Elements pin their bytes and lend them without a copy; let go of each before the next.
    /// - Parameter sizeMax: how many bytes an element holds at most, or one whole batch.
    public func follow(
        from offset: Offset, sizeMax: ByteCount = .mib(1)
    ) -> FollowedBatches {
        FollowedBatches(core: core, start: offset, sizeMax: sizeMax)
    }

    /// Waits until there is something to read at `offset`, and reads it.
    ///
    /// - Parameter limit: how long it waits at most; nil for no limit.
    /// - Returns: nil when the time is over or the log is closed first.
    /// - Throws: `.corrupt`, `.file`; `LogError.setting` when `offset` is out of range.
    public func next(
        from offset: Offset, sizeMax: ByteCount = .mib(1), waitingAtMost limit: Duration? = nil
    ) throws(LogError) -> PinnedBatches? {
        let deadline = limit.map { core.clock.now().advanced(by: $0) }
        while true {
            let seen = core.gate.seen
            if let batches = try core.readable(at: offset, sizeMax) { return batches }
            if core.isClosed { return nil }
            var rest: Duration?
            if let deadline {
                let now = core.clock.now()
                guard now < deadline else { return nil }
                rest = deadline.duration(since: now)
            }
            core.gate.wait(unlessOpenedSince: seen, for: rest)
        }
    }
}

/// The batches of a log, now and to come.
public struct FollowedBatches: AsyncSequence, Sendable {
    public typealias Element = PinnedBatches
    public typealias Failure = LogError

    let core: CommitCore
    let start: Offset
    let sizeMax: ByteCount

    public func makeAsyncIterator() -> Iterator {
        Iterator(core: core, offset: start, sizeMax: sizeMax)
    }

    public struct Iterator: AsyncIteratorProtocol {
        let core: CommitCore
        /// Where the next element starts.
        public private(set) var offset: Offset
        let sizeMax: ByteCount

        public mutating func next() async throws(LogError) -> PinnedBatches? {
            try await next(isolation: nil)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(LogError) -> PinnedBatches? {
            while !Task.isCancelled {
                if let batches = try core.readable(at: offset, sizeMax) {
                    offset = batches.nextOffset
                    return batches
                }
                if core.isClosed { return nil }
                await core.records(past: offset)
            }
            return nil
        }
    }
}

extension CommitCore {
    /// What can be read at `offset`; nil when that is the end.
    func readable(at offset: Offset, _ sizeMax: ByteCount) throws(LogError) -> PinnedBatches? {
        switch try reader.read(from: offset, sizeMax: sizeMax) {
        case .batches(let batches): return batches
        case .atEnd: return nil
        case .outOfRange(let valid):
            throw .outOfRange(offset: offset, valid: valid)
        }
    }

    /// Suspends until records can be read past `offset`, the log is closed, or the task is
    /// cancelled.
    func records(past offset: Offset) async {
        let id = state.withLock { $0.tasks.nextReader() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { wake in
                let mustWait = state.withLock { state in
                    guard reader.endOffset <= offset, !state.isShutDown, !Task.isCancelled else {
                        return false
                    }
                    state.tasks.waitForRecords(past: offset, reader: id, wake)
                    return true
                }
                if !mustWait { wake.resume() }
            }
        } onCancel: {
            state.withLock { $0.tasks.cancel(reader: id) }?.resume()
        }
    }
}
