internal import VarveBytes
internal import VarveTerms
internal import VarveTransactions
internal import VarveWire

/// Records of `__transaction_state`: key and value each begin with an `int16`; that of the key says
/// what the record is, that of the value in which version its message is.
enum TransactionRecordCoding {
    /// The numbers that stand for states in values.
    private static let numbers: [TransactionState: Int8] = [
        .empty: 0, .ongoing: 1, .prepareCommit: 2, .prepareAbort: 3, .completeCommit: 4,
        .completeAbort: 5,
    ]
    private static let states = Dictionary(uniqueKeysWithValues: numbers.map { ($1, $0) })

    /// The key of a record.
    static func key(of record: TransactionRecord) throws(WireError) -> WireWriter {
        var writer = WireWriter()
        try TransactionLogKey(transactionalId: record.transactionalID).encodeKey(into: &writer)
        return writer
    }

    /// The value of a record; nil for a tombstone.
    ///
    /// - Parameter level: which values readers of the log know; those of `v0` know no tags.
    static func value(
        of record: TransactionRecord, at level: TransactionVersion
    ) throws(WireError) -> WireWriter? {
        guard let stored = record.value else { return nil }
        var message = message(stored)
        if level == .v0 {
            (message.previousProducerId, message.nextProducerId) = (-1, -1)
            message.clientTransactionVersion = 0
        }
        var writer = WireWriter()
        try message.encodeValue(into: &writer, version: level == .v0 ? 0 : 1)
        return writer
    }

    private static func message(_ stored: StoredTransaction) -> TransactionLogValue {
        var message = TransactionLogValue()
        message.producerId = stored.producer.id
        message.producerEpoch = stored.producer.epoch
        message.previousProducerId = stored.previousProducerID
        message.nextProducerId = stored.nextProducerID
        message.transactionTimeoutMs = stored.timeoutMs
        message.transactionStatus = numbers[stored.state] ?? 0
        message.transactionLastUpdateTimestampMs = stored.lastUpdate.milliseconds
        message.transactionStartTimestampMs = stored.start.milliseconds
        message.clientTransactionVersion = stored.version.rawValue
        message.transactionPartitions = stored.state == .empty ? nil : topics(stored.partitions)
        return message
    }

    private static func topics(
        _ partitions: Set<TransactionPartition>
    ) -> [TransactionLogValue.PartitionsSchema] {
        Dictionary(grouping: partitions, by: \.topic).sorted { $0.key < $1.key }.map {
            .init(topic: $0.key, partitionIds: $0.value.map(\.index).sorted())
        }
    }

    // MARK: Decoding

    /// - Returns: nil for a record of another kind, or in a state that no broker writes down.
    static func decode(
        key: RawSpan, value: RawSpan?
    ) throws(WireError) -> TransactionRecord? {
        var reader = WireReader(key)
        guard try reader.recordKey() == 0 else { return nil }
        let id = try TransactionLogKey(decodingKey: &reader).transactionalId
        guard let value else { return TransactionRecord(id, nil) }
        var body = WireReader(value)
        let message = try TransactionLogValue(decodingValue: &body)
        guard let state = states[message.transactionStatus] else { return nil }
        var stored = StoredTransaction(
            producer: ProducerIdentity(id: message.producerId, epoch: message.producerEpoch),
            timeoutMs: message.transactionTimeoutMs,
            lastUpdate: Timestamp(milliseconds: message.transactionLastUpdateTimestampMs))
        stored.state = state
        stored.previousProducerID = message.previousProducerId
        stored.nextProducerID = message.nextProducerId
        stored.start = Timestamp(milliseconds: message.transactionStartTimestampMs)
        stored.version = TransactionVersion(stored: message.clientTransactionVersion)
        for topic in message.transactionPartitions ?? [] {
            for index in topic.partitionIds {
                stored.partitions.insert(TransactionPartition(topic.topic, index))
            }
        }
        return TransactionRecord(id, stored)
    }
}
