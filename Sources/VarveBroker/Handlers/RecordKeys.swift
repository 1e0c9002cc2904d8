internal import VarveLog
internal import VarveRecords
internal import VarveTerms
internal import VarveWire

extension Partition {
    /// Refuses records without keys where the newest of each key is what stays.
    ///
    /// What cannot be read is let through: the log refuses it in its own words.
    func checkKeys(of batch: RawSpan) throws(ProduceRefusal) {
        guard rules.requiresKeys else { return }
        var scanner = RecordScanner()
        var place: Int32 = 0
        var keyless: [Int32] = []
        do throws(BatchDefect) {
            try scanner.forEachRecord(in: batch) { record in
                if record.key == nil { keyless.append(place) }
                place += 1
            }
        } catch {
            return
        }
        guard !keyless.isEmpty else { return }
        let complaint =
            "Compacted topic cannot accept message without key in topic partition "
            + "\(topic)-\(index)"
        var refusal = ProduceRefusal(
            .invalidRecord,
            "One or more records have been rejected due to \(keyless.count) record errors in "
                + "total, and only showing the first three errors at most: "
                + RefusedRecord.listed(keyless.prefix(3), complaint))
        refusal.isOfLog = true
        refusal.records = keyless.map { RefusedRecord(place: $0, complaint: complaint) }
        throw refusal
    }
}

/// A record for which its whole batch was refused.
struct RefusedRecord: Hashable {
    /// Counted from 0 in its batch.
    var place: Int32
    var complaint: String

    /// As Java writes a list of them.
    static func listed(_ places: some Sequence<Int32>, _ complaint: String) -> String {
        let rows = places.map {
            "RecordError(batchIndex=\($0), message='\(complaint)')"
        }
        return "[\(rows.joined(separator: ", "))]"
    }
}
