import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveTerms

@testable import VarveLog

/// Random histories of a compacted log against a dictionary.
@Suite("compaction, model")
struct CompactionModelTests {
    /// What a history appended, and what readers of committed records are to find.
    private final class History {
        var on: LogOnDisk
        var settings: LogSettings
        var random: SplitMix64
        var now: Int64 = 1_000_000
        /// Every committed record by its offset.
        var records: [Int64: KeyedRecord] = [:]
        var table: [String: String] = [:]
        var sequences: [Int64: Int32] = [:]

        init(seed: UInt64) throws {
            random = SplitMix64(seed: seed)
            settings = CompactionScene.settings(segmentSize: .kib(1))
            settings.compaction.mapMemory = ByteCount(
                [0, 1_000, 1 << 20].randomElement(using: &random) ?? 0)
            settings.readAccess = Bool.random(using: &random) ? .mapped : .copied
            on = try LogOnDisk(settings: settings)
        }

        func next(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

        func note(_ base: Int64, _ records: [(String?, String?)], _ time: Int64) {
            for (slot, record) in records.enumerated() {
                let offset = base + Int64(slot)
                self.records[offset] = KeyedRecord(
                    offset: offset, timestamp: time + Int64(slot), key: record.0, value: record.1)
                table[record.0 ?? "?"] = record.1
            }
        }

        private func batch() -> [(String?, String?)] {
            (0..<next(1..<5)).map { _ in
                ("k\(next(0..<25))", next(0..<5) == 0 ? nil : "v\(next(0..<1_000_000))")
            }
        }

        func append() throws {
            let records = batch()
            let codec = [Compression.none, .lz4, .zstd, .gzip, .snappy][next(0..<5)]
            let id = Int64(next(0..<3))
            var producer: ProducerStamp?
            if id > 0 {
                producer = ProducerStamp(id: id, epoch: 0, baseSequence: sequences[id, default: 0])
                sequences[id, default: 0] += Int32(records.count)
            }
            let bytes = try LogFixture.keyed(
                records, timestamp: now, compression: codec, producer: producer)
            note(try on.append(bytes: bytes).lowerBound, records, now)
        }

        func transact() throws {
            let isAborted = next(0..<3) == 0
            for _ in 0..<next(1..<4) {
                let records = batch()
                let stamp = ProducerStamp(
                    id: 9, epoch: 0, baseSequence: sequences[9, default: 0])
                sequences[9, default: 0] += Int32(records.count)
                let bytes = try LogFixture.keyed(
                    records, timestamp: now, producer: stamp, isTransactional: true)
                let base = try on.append(bytes: bytes).lowerBound
                if !isAborted { note(base, records, now) }
                if next(0..<3) == 0 { try on.log.roll() }
            }
            try on.log.appendMarker(
                isAborted ? .abort : .commit,
                of: ProducerStamp(id: 9, epoch: 0, baseSequence: nil), coordinatorEpoch: 0)
        }

        func clean() throws -> CleaningReport? {
            if next(0..<2) == 0 { try on.log.roll() }
            return try on.log.clean(
                now: Timestamp(milliseconds: now), step: ByteCount(next(1..<5_000))
            ).last
        }

        func restart() throws {
            on =
                next(0..<2) == 0
                ? try on.closed(settings: settings) : try on.powerCut(settings: settings)
        }
    }

    @Test(
        "after any history each key has its latest value, and nothing else is there",
        arguments: [UInt64](0x51f2..<0x51f2 + 24))
    func histories(_ seed: UInt64) throws {
        let history = try History(seed: seed)
        for step in 0..<120 {
            history.now += Int64(history.next(1..<4_000))
            switch history.next(0..<20) {
            case 0..<12: try history.append()
            case 12..<16: try history.transact()
            case 16: try history.on.log.roll()
            case 17: try history.restart()
            default:
                let report = try history.clean()
                #expect([.done, .nothingToClean].contains(report?.ending), "seed \(seed), \(step)")
            }
            try check(history, "seed \(seed), step \(step)")
        }
        // Two cleanings a retention apart leave no tombstone that a first one met.
        for _ in 0..<3 {
            history.now += 20_000
            try history.append()
            try history.on.log.roll()
            _ = try history.clean()
        }
        try check(history, "seed \(seed), at the end")
        let sealed = try #require(history.on.log.segments.dropLast().last).baseOffset.rawValue
        let compacted = try CompactionScene.committed(history.on.log).filter { $0.offset < sealed }
        #expect(compacted.allSatisfy { $0.value != nil }, "seed \(seed)")
        #expect(Set(compacted.map(\.key)).count == compacted.count, "seed \(seed)")
    }

    private func check(_ history: History, _ label: String) throws {
        let found = try CompactionScene.committed(history.on.log)
        #expect(CompactionScene.table(found) == history.table, "\(label)")
        #expect(found.allSatisfy { history.records[$0.offset] == $0 }, "\(label)")
        #expect(zip(found, found.dropFirst()).allSatisfy { $0.offset < $1.offset }, "\(label)")
        for (id, next) in history.sequences {
            #expect(history.on.log.producer(id)?.lastSequence == next - 1, "\(label), \(id)")
        }
        #expect(history.on.log.recovery.damaged == [], "\(label)")
        #expect(history.on.log.recovery.gaps == [], "\(label)")
    }
}
