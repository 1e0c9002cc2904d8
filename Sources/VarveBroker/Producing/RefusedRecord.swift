internal import VarveRecords
internal import VarveTerms
internal import VarveWire

/// A record for which its whole batch was refused.
struct RefusedRecord: Hashable {
    enum Fault: Hashable {
        case key
        case timestamp
    }

    /// Counted from 0 in its batch.
    var place: Int32
    var fault: Fault
    var complaint: String

    /// As Java writes it.
    fileprivate var row: String {
        "RecordError(batchIndex=\(place), message='\(complaint)')"
    }
}

extension ProduceRefusal {
    /// - Parameter records: at least one.
    init(_ records: [RefusedRecord]) {
        if records.contains(where: { $0.fault == .timestamp }) {
            self.init(
                .invalidTimestamp,
                "One or more records have been rejected due to invalid timestamp")
        } else {
            let first = records.prefix(3).map(\.row).joined(separator: ", ")
            self.init(
                .invalidRecord,
                "One or more records have been rejected due to \(records.count) record errors in "
                    + "total, and only showing the first three errors at most: [\(first)]")
        }
        isOfLog = true
        self.records = records
    }
}

/// What a topic asks of each record.
struct RecordRules: Hashable {
    let rules: TopicRules
    let topic: String
    let partition: Int32
    /// Of the broker, in milliseconds.
    let now: Int64

    /// Whether no record of a batch can be against the rules.
    func areKept(by contents: BatchContents, _ header: BatchHeader) -> Bool {
        if rules.requiresKeys, contents.firstNullKeyIndex != nil { return false }
        let times = contents.times
        guard header.timestampType == .create else {
            return !rules.usesAppendTime && times?.earliest != Timestamp.none
        }
        guard !rules.usesAppendTime, let times else { return true }
        return isNear(times.earliest) && isNear(times.latest)
    }

    /// What is against the rules.
    func complaints(
        about records: consuming RecordCursor, _ header: BatchHeader
    ) throws(BatchDefect) -> [RefusedRecord] {
        var records = records
        var refused: [RefusedRecord] = []
        while let record = try records.next() {
            guard let (fault, complaint) = complaint(about: record, header) else { continue }
            refused.append(
                RefusedRecord(place: records.index - 1, fault: fault, complaint: complaint))
        }
        return refused
    }

    private func complaint(
        about record: borrowing RecordView, _ header: BatchHeader
    ) -> (RefusedRecord.Fault, String)? {
        if rules.requiresKeys, record.key == nil {
            let text = "Compacted topic cannot accept message without key in topic partition "
            return (.key, "\(text)\(topic)-\(partition)")
        }
        let time = record.timestamp
        if !rules.usesAppendTime, time != .none {
            guard !isNear(time) else { return nil }
            let range = "[\(now &- rules.timestampBeforeMax), \(now &+ rules.timestampAfterMax)]"
            return (
                .timestamp,
                "Timestamp \(time.milliseconds) of message with offset \(record.offset.rawValue) "
                    + "is out of range. The timestamp should be within \(range)"
            )
        }
        guard header.timestampType == .logAppend else { return nil }
        let (key, value) = (record.key?.byteCount ?? 0, record.value?.byteCount ?? 0)
        return (
            .timestamp,
            "Invalid timestamp type in message DefaultRecord(offset=\(record.offset.rawValue), "
                + "timestamp=\(time.milliseconds), key=\(key) bytes, value=\(value) bytes). "
                + "Producer should not set timestamp type to LogAppendTime."
        )
    }

    /// Whether a time is near enough to that of the broker; no time is.
    private func isNear(_ time: Timestamp) -> Bool {
        guard time != .none else { return true }
        let (ahead, _) = time.milliseconds.subtractingReportingOverflow(now)
        let (behind, _) = now.subtractingReportingOverflow(time.milliseconds)
        return ahead <= rules.timestampAfterMax && behind <= rules.timestampBeforeMax
    }
}
