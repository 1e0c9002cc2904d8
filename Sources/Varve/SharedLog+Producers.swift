internal import VarveBytes
public import VarveLog
public import VarveRecords
internal import VarveSystem
public import VarveTerms

// Batches of producers that number them, and the markers that end their transactions.
extension SharedLog {
    /// Appends the marker that ends a producer's transaction and waits until it is safe; see
    /// `Log.appendMarker`.
    /// - Returns: its offset.
    @discardableResult
    public func appendMarker(
        _ outcome: TransactionOutcome, of producer: ProducerStamp, coordinatorEpoch: Int32
    ) throws(LogError) -> Offset {
        let batch = try marker(outcome, of: producer, coordinatorEpoch)
        return try append(batches: batch.rawSpan, checking: .frame).lowerBound
    }

    /// Appends the marker that ends a producer's transaction and suspends until it is safe.
    @discardableResult
    public func appendMarker(
        _ outcome: TransactionOutcome, of producer: ProducerStamp, coordinatorEpoch: Int32
    ) async throws(LogError) -> Offset {
        let batch = try marker(outcome, of: producer, coordinatorEpoch)
        return try await append(batches: batch, checking: .frame).lowerBound
    }

    /// Appends whole record batches and suspends until they are safe; as the blocking one.
    @discardableResult
    public func append(
        batches: [UInt8], checking depth: AppendCheck = .records
    ) async throws(LogError) -> Range<Offset> {
        while true {
            if case .accepted(let ticket) = try submit(
                batches: batches.rawSpan, checking: depth)
            {
                try await core.outcome(awaiting: ticket)
                return ticket.offsets
            }
            await core.roomForMore()
        }
    }

    /// Up to where every transaction is decided, of what may be read.
    public var lastStableOffset: Offset { reader.lastStableOffset() }

    private func marker(
        _ outcome: TransactionOutcome, of producer: ProducerStamp, _ coordinatorEpoch: Int32
    ) throws(LogError) -> [UInt8] {
        var batch = ByteBuffer(capacity: 128)
        try TransactionMarker(outcome, coordinatorEpoch: coordinatorEpoch)
            .print(of: producer, now: core.clock.wallClock(), into: &batch)
        return batch.bytes.array()
    }
}
