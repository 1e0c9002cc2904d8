import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

/// Random histories of producers against a model that keeps every batch and looks through all of
/// them for each answer.
@Suite struct ProducerModelTests {
    private struct Batch {
        var offsets: Range<Int64>
        var id: Int64
        var epoch: Int16
        /// Nil for a marker.
        var sequence: Int32?
        var isTransactional = false
        var isAbort = false
    }

    private struct Model {
        var batches: [Batch] = []
        var end: Int64 { batches.last?.offsets.upperBound ?? 0 }

        func epoch(_ id: Int64) -> Int16 { batches.last { $0.id == id }?.epoch ?? 0 }

        /// The producer's batches of its last epoch.
        func current(_ id: Int64) -> [Batch] {
            batches.filter { $0.id == id && $0.epoch == epoch(id) && $0.sequence != nil }
        }

        func next(_ id: Int64) -> Int32 {
            guard let last = current(id).last, let first = last.sequence else { return 0 }
            return first + Int32(last.offsets.count)
        }

        /// The first offset of the producer's open transaction.
        func open(_ id: Int64) -> Int64? {
            let own = batches.filter { $0.id == id }
            let last = own.lastIndex { $0.sequence == nil }.map { $0 + 1 } ?? 0
            return own[last...].first { $0.isTransactional }?.offsets.lowerBound
        }

        var stable: Int64 { (0..<3).compactMap { open(Int64($0)) }.min() ?? end }

        /// Offsets of records that readers of committed ones see.
        var committed: [Int64] {
            batches.enumerated().flatMap { slot, batch -> [Int64] in
                guard batch.sequence != nil, batch.offsets.lowerBound < stable else { return [] }
                let end = batches[slot...].first { $0.id == batch.id && $0.sequence == nil }
                let isHidden = batch.isTransactional && end?.isAbort == true
                return isHidden ? [] : Array(batch.offsets)
            }
        }
    }

    @Test("random histories agree with the model", arguments: 0..<UInt64(12))
    func histories(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var log = try LogOnDisk()
        var model = Model()
        for step in 0..<150 {
            switch UInt8.random(in: 0..<100, using: &random) {
            case 0..<60: try produce(log, &model, &random)
            case 60..<70: try again(log, model, &random)
            case 70..<78: try refused(log, model, &random)
            case 78..<90: try mark(log, &model, &random)
            case 90..<94: try truncate(log, &model, &random)
            case 94..<96: try log.log.roll()
            case 96..<97: log = try log.closed()
            case 97..<98: log = try log.killed()
            default: log = try log.powerCut()
            }
            try compare(log.log, model, "seed \(seed), step \(step)")
        }
    }

    private func produce(
        _ log: LogOnDisk, _ model: inout Model, _ random: inout SplitMix64
    ) throws {
        let id = Int64.random(in: 0..<3, using: &random)
        var (epoch, sequence) = (model.epoch(id), model.next(id))
        let isNew = model.open(id) == nil && UInt8.random(in: 0..<10, using: &random) == 0
        if isNew { (epoch, sequence) = (epoch + 1, 0) }
        let isTransactional = model.open(id) != nil || Bool.random(using: &random)
        let count = Int.random(in: 1...4, using: &random)
        let batch = try LogFixture.produced(
            id, epoch: epoch, sequence: sequence, count: count, isTransactional: isTransactional)
        let offsets = try log.append(bytes: batch)
        #expect(offsets == model.end..<model.end + Int64(count))
        model.batches.append(
            Batch(
                offsets: offsets, id: id, epoch: epoch, sequence: sequence,
                isTransactional: isTransactional))
    }

    /// The last batch again is always known; what lies before it may be forgotten by an opening.
    private func again(_ log: LogOnDisk, _ model: Model, _ random: inout SplitMix64) throws {
        let id = Int64.random(in: 0..<3, using: &random)
        guard let last = model.current(id).last, let sequence = last.sequence else { return }
        let batch = try LogFixture.produced(
            id, epoch: last.epoch, sequence: sequence, count: last.offsets.count,
            isTransactional: last.isTransactional)
        let receipt = try log.log.append(batch.rawSpan)
        #expect(receipt.isDuplicate)
        #expect(
            receipt.offsets == Offset(last.offsets.lowerBound)..<Offset(last.offsets.upperBound))
    }

    private func refused(_ log: LogOnDisk, _ model: Model, _ random: inout SplitMix64) throws {
        let id = Int64.random(in: 0..<3, using: &random)
        guard model.batches.contains(where: { $0.id == id }) else { return }
        let (epoch, next) = (model.epoch(id), model.next(id))
        let gap = try LogFixture.produced(
            id, epoch: epoch, sequence: next + 1, isTransactional: true)
        #expect(
            logError { try log.append(bytes: gap) }
                == .producer(
                    .outOfOrderSequence(producerId: id, expected: next, found: next + 1)))
        let bumped = try LogFixture.produced(id, epoch: epoch + 1, sequence: 3)
        #expect(
            logError { try log.append(bytes: bumped) }
                == .producer(.outOfOrderSequence(producerId: id, expected: 0, found: 3)))
        guard epoch > 0 else { return }
        let stale = try LogFixture.produced(id, epoch: epoch - 1, sequence: next)
        #expect(
            logError { try log.append(bytes: stale) }
                == .producer(.staleEpoch(producerId: id, current: epoch, found: epoch - 1)))
    }

    private func mark(
        _ log: LogOnDisk, _ model: inout Model, _ random: inout SplitMix64
    ) throws {
        let id = Int64.random(in: 0..<3, using: &random)
        let isAbort = Bool.random(using: &random)
        let marker = try LogFixture.marker(
            isAbort ? .abort : .commit, of: id, epoch: model.epoch(id), timestamp: 1_000)
        let offsets = try log.append(bytes: marker, checking: .frame)
        model.batches.append(
            Batch(offsets: offsets, id: id, epoch: model.epoch(id), isAbort: isAbort))
    }

    private func truncate(
        _ log: LogOnDisk, _ model: inout Model, _ random: inout SplitMix64
    ) throws {
        let target = Int64.random(in: max(0, model.end - 20)...model.end, using: &random)
        let end = try log.log.truncate(to: Offset(target)).rawValue
        model.batches.removeAll { $0.offsets.upperBound > end }
        #expect(model.end == end)
    }

    private func compare(_ log: Log, _ model: Model, _ comment: Comment) throws {
        #expect(log.ends.written.rawValue == model.end, comment)
        #expect(log.reader.lastStableOffset().rawValue == model.stable, comment)
        var (next, shown) = (Offset.zero, [Int64]())
        var scanner = RecordScanner()
        while case .batches(let batches) = try log.reader.read(
            from: next, sizeMax: ByteCount(700), isolation: .committed)
        {
            try batches.forEachRecord(with: &scanner) { shown.append($0.offset.rawValue) }
            next = batches.nextOffset
        }
        #expect(shown == model.committed, comment)
        for id in Int64(0)..<3 where !model.current(id).isEmpty {
            #expect(log.producer(id)?.lastSequence == model.next(id) - 1, comment)
        }
    }
}
