import VarveBytes
package import VarveLog
import VarveRecords
import VarveTerms

/// Everything that a reader serves of a log, and what it says it cannot.
package struct Contents {
    package struct Served: Hashable {
        package var offset: Int
        package var value: String
        package var epoch: Int32
    }

    package private(set) var served: [Served] = []
    package private(set) var corrupt: [CorruptRange] = []
    /// Why reading stopped before the end; nil when it did not.
    package private(set) var stuck: String?

    /// The last batch of a producer, as it is stored.
    package private(set) var lastProduced: [UInt8]?
    /// Where transactions began that are not decided, by producer.
    private var openTransactions: [Int64: Offset] = [:]
    private var hasProducers = false

    package var values: [String] { served.map(\.value) }

    /// Reads from the log's start to its visible end; behind damage it goes on where the error
    /// says.
    package init(of reader: LogReader, through visibility: Visibility = .includingUnflushed) {
        var next = reader.startOffset
        var scanner = RecordScanner()
        while stuck == nil {
            do {
                guard case .batches(let batches) = try reader.read(from: next, through: visibility)
                else { return }
                try take(batches, from: next, with: &scanner)
                advance(&next, to: batches.nextOffset)
            } catch let error as LogError {
                guard case .corrupt(let range) = error else {
                    stuck = "\(error)"
                    return
                }
                corrupt.append(range)
                advance(&next, to: range.offsets.upperBound)
            } catch {
                stuck = "\(error)"
            }
        }
    }

    /// What stands for the record that ends a transaction.
    static func marker(_ epoch: Int32) -> String { "\(epoch)/marker" }

    private mutating func note(_ header: BatchHeader, _ bytes: RawSpan) {
        guard header.producerId >= 0 else { return }
        hasProducers = true
        if header.attributes.isControl {
            openTransactions[header.producerId] = nil
            return
        }
        lastProduced = bytes.array()
        guard header.attributes.isTransactional else { return }
        let base = Offset(header.baseOffset)
        openTransactions[header.producerId] = openTransactions[header.producerId] ?? base
    }

    /// Where the first transaction begins that is not decided; nil in a log without producers.
    func lastStableOffset(before end: Offset) -> Offset? {
        hasProducers ? openTransactions.values.min() ?? end : nil
    }

    private mutating func advance(_ next: inout Offset, to offset: Offset) {
        if offset <= next { stuck = "reading at \(next) leads on to \(offset)" }
        next = offset
    }

    private mutating func take(
        _ batches: PinnedBatches, from start: Offset, with scanner: inout RecordScanner
    ) throws {
        var found: [Served] = []
        try batches.forEachBatch { (header, bytes) throws(BatchDefect) in
            note(header, bytes)
            guard !header.attributes.isControl else {
                let value = Self.marker(header.partitionLeaderEpoch)
                let record = Served(
                    offset: Int(header.baseOffset), value: value,
                    epoch: header.partitionLeaderEpoch)
                if record.offset >= start.rawValue { found.append(record) }
                return
            }
            try scanner.forEachRecord(in: bytes) { record in
                guard record.offset >= start else { return }
                found.append(
                    Served(
                        offset: Int(record.offset.rawValue),
                        value: String(decoding: record.value?.array() ?? [], as: UTF8.self),
                        epoch: header.partitionLeaderEpoch))
            }
        }
        served += found
    }

    /// What is wrong with an undamaged log of which `expectation` holds; nil when nothing is.
    package func fault(against expectation: Expectation, start: Int, end: Int) -> String? {
        if let stuck { return "reading is stuck: \(stuck)" }
        if let first = corrupt.first { return "damage in an undamaged log: \(first)" }
        if !(expectation.startMin...expectation.startMax).contains(start) {
            return "starts at \(start), not in \(expectation.startMin)...\(expectation.startMax)"
        }
        var expected = start
        for record in served {
            while expected < record.offset, expectation.optional.contains(expected) {
                expected += 1
            }
            if record.offset != expected { return "offset \(record.offset) follows \(expected)" }
            if let fault = Self.fault(record, expectation) { return fault }
            expected += 1
        }
        while expected < end, expectation.optional.contains(expected) { expected += 1 }
        return expected == end
            ? nil : "\(served.count) records between \(start) and \(end), not at \(expected)"
    }

    package static func fault(_ record: Served, _ expectation: Expectation) -> String? {
        guard record.offset < expectation.candidates.count,
            expectation.candidates[record.offset].contains(record.value)
        else { return "invented '\(record.value)' at \(record.offset)" }
        return record.value.hasPrefix("\(record.epoch)/")
            ? nil : "'\(record.value)' under epoch \(record.epoch)"
    }
}
