internal import VarveLog
internal import VarveRecords
internal import VarveTerms
internal import VarveWire

/// Why records were not taken: what the producer is told.
struct ProduceRefusal: Error, Hashable {
    var code: ErrorCode
    var message: String?
    /// Whether the log itself said no, and not something before it.
    var isOfLog = false
    /// The records that it is about, where it is about single ones.
    var records: [RefusedRecord] = []

    init(_ code: ErrorCode, _ message: String? = nil) {
        self.code = code
        self.message = message
    }

    /// It takes more bytes than the topic allows.
    static var tooLarge: ProduceRefusal { ProduceRefusal(.messageTooLarge) }

    /// What is wrong with the batch itself.
    init(_ defect: BatchDefect) {
        code = Self.code(of: defect)
        message = "\(defect)"
        isOfLog = true
        // Bytes that are not what was sent are not looked at further.
        if case .checksum = defect { isOfLog = false }
    }

    init(_ error: LogError) {
        switch error {
        case .refused(let defect): self.init(defect)
        case .tooLarge: self.init(.messageTooLarge)
        case .producer(let refusal): self.init(Self.code(of: refusal))
        default:
            // The disk is full or fails: it may be another time, or on another node.
            self.init(.kafkaStorageError, "\(error)")
        }
        isOfLog = true
    }

    private static func code(of defect: BatchDefect) -> ErrorCode {
        switch defect {
        case .checksum, .unsupportedMagic, .oldFormat: .corruptMessage
        case .unknownCodec: .unsupportedCompressionType
        case .compression: .corruptMessage
        case .tooLarge: .messageTooLarge
        case .appendTimeFromClient: .invalidTimestamp
        default: .invalidRecord
        }
    }

    private static func code(of refusal: ProducerRefusal) -> ErrorCode {
        switch refusal {
        case .outOfOrderSequence: .outOfOrderSequenceNumber
        case .staleEpoch: .invalidProducerEpoch
        case .staleCoordinator: .transactionCoordinatorFenced
        case .notTransactional: .invalidTxnState
        }
    }

    func startOffset(of partition: Partition) -> Int64 {
        isOfLog && code != .messageTooLarge ? partition.log.ends.start.rawValue : -1
    }
}
