internal import VarveMetadata
internal import VarveRecords
internal import VarveTerms
internal import VarveWire

/// The one batch that a producer may send for a partition, held against the rules that go before
/// those of the log.
struct ProducedRecords {
    private let size: Int
    /// What any format of a batch takes at least: its offset, its size, and 14 bytes.
    private static let sizeMin = 26

    init(
        _ records: RawSpan, version: Int16, now: Timestamp, rules: TopicRules
    ) throws(ProduceRefusal) {
        guard let header = BatchHeader(records) else {
            throw ProduceRefusal(.invalidRecord, "the batch is cut off")
        }
        guard header.magic == 2 else {
            // The formats before it are known, and not taken any more.
            let isOld = header.magic == 0 || header.magic == 1
            throw ProduceRefusal(isOld ? .invalidRecord : .corruptMessage)
        }
        guard header.sizeInBytes >= Self.sizeMin else { throw ProduceRefusal(.corruptMessage) }
        guard header.sizeInBytes >= BatchLayout.headerSize, header.sizeInBytes <= records.byteCount
        else { throw ProduceRefusal(.invalidRecord, "the batch is cut off") }
        guard header.baseOffset == 0 else {
            throw ProduceRefusal(
                .invalidRecord, "the base offset is \(header.baseOffset), 0 is expected")
        }
        let rest = records.extracting(header.sizeInBytes..<records.byteCount)
        if BatchHeader(rest) != nil {
            throw ProduceRefusal(.invalidRecord, "there is more than one batch for the partition")
        }
        guard header.attributes.codec != .zstd || version >= 7 else {
            throw ProduceRefusal(.unsupportedCompressionType)
        }
        if header.timestampType == .create {
            try Self.check(header.maxTimestamp, now: now.milliseconds, rules)
        }
        size = header.sizeInBytes
    }

    @_lifetime(copy records)
    func bytes(of records: RawSpan) -> RawSpan { records.extracting(0..<size) }

    private static func check(
        _ timestamp: Int64, now: Int64, _ rules: TopicRules
    ) throws(ProduceRefusal) {
        guard !rules.usesAppendTime, timestamp >= 0 else { return }
        let (ahead, _) = timestamp.subtractingReportingOverflow(now)
        let (behind, _) = now.subtractingReportingOverflow(timestamp)
        guard ahead <= rules.timestampAfterMax, behind <= rules.timestampBeforeMax else {
            var refusal = ProduceRefusal(
                .invalidTimestamp,
                "One or more records have been rejected due to invalid timestamp")
            refusal.isOfLog = true
            throw refusal
        }
    }
}
