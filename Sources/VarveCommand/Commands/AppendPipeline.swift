internal import Synchronization
internal import Varve
internal import VarveBench
internal import VarveBytes
internal import VarveLinux
internal import VarveSystem

/// Batches on their way into a log. One thread fills them; some compress them, several at a time;
/// one appends them in their order and flushes, while the next are being filled and compressed.
///
///     take ──► filled ──compressors──► ready ──appender──► appended ──flush──► acknowledged
///              ├───────────── slots ─────────┤
///
/// *Invariants*: acknowledged ≤ appended ≤ claimed ≤ filled ≤ appended + slots, all counts of
/// batches; batch number n lies in slot n modulo slots until it is appended.
/// *Threads*: `take` and `settle` from one thread; the pipeline has its own.
final class AppendPipeline: Sendable {
    private let log: SharedLog
    private let compression: Compression
    private let clock: any Clock
    private let slots: [Slot]
    /// Opened after each change.
    private let gate = Gate()
    private let state = Mutex(State())

    /// More threads than one that fills batches can keep busy with any codec but gzip.
    private static let compressorCount = 4
    /// What waits in slots is enough to go on with during a slow flush, and no more: every batch
    /// that waits makes acknowledgements later.
    private static let waitingSizeMax = 4 << 20

    private struct State {
        var filled = 0
        var claimed = 0
        var appended = 0
        var acknowledged = 0
        var isClosing = false
        var threadCount = 0
        var failure: LogError?
        var storedSize = 0
        var latencies = LatencyHistogram()
        /// Where the log ended after each commit that nobody was told of yet.
        var ends: [Offset] = []
    }

    private final class Slot: Sendable {
        let batch = Mutex(Batch())
        let isReady = Atomic(false)
    }

    private struct Batch: ~Copyable, Sendable {
        var builder = RecordBatchBuilder()
        var compressed = ByteBuffer(capacity: 64)
        var isCompressed = false
        /// When its first record came.
        var start = Instant(nanoseconds: 0)

        var bytes: RawSpan {
            @_lifetime(borrow self)
            get { isCompressed ? compressed.bytes : builder.sealedBytes }
        }
    }

    /// - Parameter batchSize: about how large a batch is before it is compressed.
    init(
        into log: SharedLog, _ compression: Compression, batchSize: ByteCount, clock: any Clock
    ) throws(CommandError) {
        (self.log, self.compression, self.clock) = (log, compression, clock)
        let count = min(max(3, Self.waitingSizeMax / max(1, batchSize.bytes)), 64)
        slots = (0..<count).map { _ in Slot() }
        try start("append") { $0.append() }
        guard compression.codec != .none else { return }
        for number in 0..<Self.compressorCount { try start("compress-\(number)") { $0.compress() } }
    }

    private func start(
        _ name: String, _ body: @escaping @Sendable (AppendPipeline) -> Void
    ) throws(CommandError) {
        state.withLock { $0.threadCount += 1 }
        let isStarted = LinuxThread.start(name: name) {
            body(self)
            self.change { $0.threadCount -= 1 }
        }
        guard isStarted else {
            change { $0.threadCount -= 1 }
            close()
            throw .ended(.failed, "the system gives no more threads")
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
        gate.open()
    }

    /// Sleeps until `body` answers.
    private func wait<Answer>(for body: (inout State) -> Answer?) -> Answer {
        while true {
            let seen = gate.seen
            if let answer = state.withLock({ body(&$0) }) { return answer }
            gate.wait(unlessOpenedSince: seen)
        }
    }

    // MARK: Filling

    /// Takes a sealed batch and gives back a builder to go on with. Waits while all slots are full.
    /// - Parameter start: when the first record of the batch came.
    /// - Throws: what an earlier batch failed with.
    func take(_ builder: inout RecordBatchBuilder, since start: Instant) throws(LogError) {
        let (number, failure) = wait { state -> (Int, LogError?)? in
            if let failure = state.failure { return (0, failure) }
            return state.filled - state.appended < slots.count ? (state.filled, nil) : nil
        }
        if let failure { throw failure }
        let slot = slots[number % slots.count]
        Self.fill(slot, &builder, start)
        if compression.codec == .none { slot.isReady.store(true, ordering: .releasing) }
        change { $0.filled += 1 }
    }

    private static func fill(_ slot: Slot, _ builder: inout RecordBatchBuilder, _ start: Instant) {
        slot.batch.withLock { batch in
            swap(&batch.builder, &builder)
            batch.isCompressed = false
            batch.start = start
        }
    }

    /// Waits until everything that was taken is acknowledged.
    /// - Throws: what a batch failed with.
    func settle() throws(LogError) {
        let failure = wait { state -> LogError?? in
            if let failure = state.failure { return .some(failure) }
            return state.acknowledged == state.filled ? .some(nil) : nil
        }
        if let failure { throw failure }
    }

    /// Lets the threads end, after all that was taken and did not fail. The log stays open.
    func close() {
        change { $0.isClosing = true }
        wait { $0.threadCount == 0 ? () : nil }
    }

    // MARK: What came of it

    /// The size of all batches that were appended.
    var storedSize: Int { state.withLock { $0.storedSize } }

    /// The ends up to which records were acknowledged since the last call, in order.
    func takeAcknowledgedEnds() -> [Offset] {
        state.withLock { state in
            defer { state.ends.removeAll(keepingCapacity: true) }
            return state.ends
        }
    }

    /// How long batches took from their first record to their acknowledgement; nil before any.
    var latencies: LatencySummary? { state.withLock { LatencySummary($0.latencies) } }

    // MARK: Compressing

    private func compress() {
        let compressor = Compressor()
        while let number = claim() {
            let slot = slots[number % slots.count]
            if let error = compress(slot, with: compressor) {
                return change { $0.failure = .refusedRecord(.compression(error)) }
            }
            slot.isReady.store(true, ordering: .releasing)
            gate.open()
        }
    }

    /// The next batch to compress; nil when there will be none.
    private func claim() -> Int? {
        wait { state -> Int?? in
            if state.failure != nil { return .some(nil) }
            guard state.claimed < state.filled else { return state.isClosing ? .some(nil) : nil }
            state.claimed += 1
            return state.claimed - 1
        }
    }

    /// Compresses the batch, or leaves it when that would not make it smaller: what a log takes is
    /// then never longer for its codec.
    private func compress(_ slot: Slot, with compressor: Compressor) -> CompressionError? {
        slot.batch.withLock { batch in
            // The sealed bytes are lent by the batch, so what changes moves out of it meanwhile.
            var compressed = ByteBuffer(capacity: 0)
            swap(&compressed, &batch.compressed)
            compressed.removeAll()
            do throws(CompressionError) {
                try BatchCompression.compress(
                    batch.builder.sealedBytes, with: compression, by: compressor,
                    into: &compressed)
            } catch {
                return error
            }
            swap(&compressed, &batch.compressed)
            batch.isCompressed = batch.compressed.count < batch.builder.estimatedSize.bytes
            return nil
        }
    }

    // MARK: Appending

    private func append() {
        var unacknowledged: [(ticket: AppendTicket, start: Instant)] = []
        var number = 0
        do throws(LogError) {
            while true {
                let seen = gate.seen
                let slot = slots[number % slots.count]
                if slot.isReady.load(ordering: .acquiring) {
                    guard let entry = try submit(slot) else {
                        try commit(&unacknowledged)
                        continue
                    }
                    unacknowledged.append(entry)
                    number += 1
                } else if !unacknowledged.isEmpty {
                    try commit(&unacknowledged)
                } else if state.withLock({
                    $0.failure != nil || ($0.isClosing && $0.filled == number)
                }) {
                    return
                } else {
                    gate.wait(unlessOpenedSince: seen)
                }
            }
        } catch {
            change { $0.failure = error }
        }
    }

    /// Hands a batch to the log and frees its slot; nil when the log takes no more before a commit.
    private func submit(_ slot: Slot) throws(LogError) -> (ticket: AppendTicket, start: Instant)? {
        let (outcome, size, start) = try slot.batch.withLock {
            batch throws(LogError) -> (SubmitOutcome, Int, Instant) in
            let outcome = try log.submit(batches: batch.bytes, checking: .frame)
            return (outcome, batch.bytes.byteCount, batch.start)
        }
        guard case .accepted(let ticket) = outcome else { return nil }
        slot.isReady.store(false, ordering: .releasing)
        change {
            $0.appended += 1
            $0.storedSize += size
        }
        return (ticket, start)
    }

    private func commit(
        _ unacknowledged: inout [(ticket: AppendTicket, start: Instant)]
    ) throws(LogError) {
        log.commit()
        for (ticket, _) in unacknowledged { try log.wait(for: ticket) }
        let now = clock.now()
        change { state in
            state.acknowledged += unacknowledged.count
            if let end = unacknowledged.last?.ticket.offsets.upperBound { state.ends.append(end) }
            for (_, start) in unacknowledged {
                state.latencies.add(DurationText.nanoseconds(of: now.duration(since: start)))
            }
        }
        unacknowledged.removeAll()
    }
}
