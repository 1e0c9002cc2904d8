package import VarveRecords
package import VarveTerms

/// Checks the batches of one append against what is known of their producers, each with those
/// before it in the same append included, and changes nothing: all of them are taken, or none.
///
/// | batch | answer |
/// |---|---|
/// | epoch below the producer's | `staleEpoch` |
/// | one of the last five again | `duplicate`, with the offsets that it got |
/// | new epoch, sequence 0, or nothing known of the producer | `new` |
/// | new epoch, another sequence | `outOfOrderSequence`, expected 0 |
/// | same epoch, the last sequence + 1 (after `Int32.max`: 0) | `new` |
/// | same epoch, any other | `outOfOrderSequence` |
/// | no transaction's, of a producer that has one open | `notTransactional` |
/// | marker, coordinator epoch below the last one's | `staleCoordinator` |
package struct SequenceCheck {
    /// Producers that the append changes.
    private var changed: [Int64: ProducerState] = [:]

    package init() {}

    package enum Answer: Hashable, Sendable {
        /// The batch goes on where the producer's last one ended.
        case new
        /// It is in the log already.
        case duplicate(Range<Offset>)
    }

    /// Checks the next batch; one without a producer id is always new.
    /// - Parameters:
    ///   - header: the batch's, with the offsets that it would get.
    ///   - batch: its bytes, which are looked at only if it is a control batch.
    ///   - known: the producers as of where the append begins.
    package mutating func check(
        _ header: BatchHeader, _ batch: RawSpan, knowing known: borrowing ProducerStates
    ) throws(ProducerRefusal) -> Answer {
        guard header.producerId >= 0 else { return .new }
        var state =
            changed[header.producerId] ?? known[header.producerId]
            ?? ProducerState(id: header.producerId)
        #if VARVE_PLANTED_BUGS
            if PlantedBug.staleEpochAccepted.isPlanted, header.producerEpoch < state.epoch {
                return .new
            }
        #endif
        guard header.producerEpoch >= state.epoch else {
            throw .staleEpoch(
                producerId: state.id, current: state.epoch, found: header.producerEpoch)
        }
        #if VARVE_PLANTED_BUGS
            if PlantedBug.duplicateAccepted.isPlanted { return .new }
        #endif
        if header.attributes.isControl {
            guard let marker = TransactionMarker(batch) else { return .new }
            guard marker.coordinatorEpoch >= state.coordinatorEpoch else {
                throw .staleCoordinator(
                    producerId: state.id, current: state.coordinatorEpoch,
                    found: marker.coordinatorEpoch)
            }
            state.take(marker, of: header)
        } else {
            if let known = Self.duplicate(header, of: state) { return .duplicate(known.offsets) }
            try Self.checkSequence(header, state)
            guard state.transactionStart == nil || header.attributes.isTransactional else {
                throw .notTransactional(producerId: state.id)
            }
            state.take(header)
        }
        changed[state.id] = state
        return .new
    }

    /// As `check`, for a batch that would be appended at `offset`.
    /// - Returns: the offsets that the batch got before; nil when it is new.
    package mutating func duplicate(
        _ header: BatchHeader, _ batch: RawSpan, at offset: Offset,
        knowing known: borrowing ProducerStates
    ) throws(LogError) -> Range<Offset>? {
        var header = header
        header.baseOffset = offset.rawValue
        do {
            guard case .duplicate(let offsets) = try check(header, batch, knowing: known) else {
                return nil
            }
            return offsets
        } catch {
            throw .producer(error)
        }
    }

    private static func duplicate(
        _ header: BatchHeader, of state: ProducerState
    ) -> ProducedBatch? {
        guard let last = header.lastSequence else { return nil }
        return state.batch(
            epoch: header.producerEpoch, firstSequence: header.baseSequence, lastSequence: last)
    }

    private static func checkSequence(
        _ header: BatchHeader, _ state: ProducerState
    ) throws(ProducerRefusal) {
        // A batch that carries no sequence claims no place.
        guard header.baseSequence >= 0, state.epoch != ProducerState.noEpoch else { return }
        var expected: Int32 = 0
        if header.producerEpoch == state.epoch, let last = state.lastSequence {
            expected = ProducerSequence.advance(last, by: 1)
        }
        guard header.baseSequence == expected else {
            throw .outOfOrderSequence(
                producerId: state.id, expected: expected, found: header.baseSequence)
        }
    }
}
