internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveTerms

/// A record as it was read; `record` is nil when no child could have submitted its bytes.
struct StoredRecord: Hashable {
    var offset: Int64
    var record: SubmittedRecord?
}

/// All that a log holds, each record taken apart, in the order in which it is read.
struct StoredRecords {
    var records: [StoredRecord] = []
    /// The size of all batches.
    var size = 0
    /// What could not be taken apart.
    var violations: [Violation] = []

    init(of reader: LogReader, seed: UInt64) throws(LogError) {
        var scanner = RecordScanner()
        let start = reader.startOffset
        var next = start
        while case .batches(let batches) = try reader.read(from: next, through: .includingUnflushed)
        {
            size += batches.size.bytes
            do throws(BatchDefect) {
                try batches.forEachBatch { (_, bytes) throws(BatchDefect) in
                    try scanner.forEachRecord(in: bytes) { record in
                        // The log may start within a batch.
                        guard record.offset >= start else { return }
                        records.append(StoredRecord(record, seed: seed))
                    }
                }
            } catch {
                violations.append(.word("a batch after offset \(next): \(error)"))
            }
            next = batches.nextOffset
        }
    }
}

extension StoredRecord {
    fileprivate init(_ view: borrowing RecordView, seed: UInt64) {
        let record = Record(view).value.flatMap { SubmittedRecord(value: $0, seed: seed) }
        self.init(offset: view.offset.rawValue, record: record)
    }
}
