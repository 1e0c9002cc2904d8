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

    init(_ error: LogError) {
        isOfLog = true
        switch error {
        case .refused(let defect):
            code = Self.code(of: defect)
            message = "\(defect)"
        case .tooLarge: code = .messageTooLarge
        case .producer(let refusal): code = Self.code(of: refusal)
        default:
            // The disk is full or fails: it may be another time, or on another node.
            code = .kafkaStorageError
            message = "\(error)"
        }
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
