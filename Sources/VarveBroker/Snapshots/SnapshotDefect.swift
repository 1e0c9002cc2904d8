public import VarveMetadata
public import VarveRecords
public import VarveTerms
public import VarveWire

/// Why a file is no snapshot of the metadata log.
public enum SnapshotDefect: Error, Hashable, Sendable {
    /// A batch is malformed.
    case batch(BatchDefect, at: FilePosition)
    /// A record does not fit; records are counted from 0.
    case record(Int64, MetadataError)
    /// A control record cannot be read.
    case control(Int64, WireError)
    /// The first record is not a snapshot's header.
    case headerMissing
    /// The last record is not a snapshot's footer: whoever wrote it did not come to the end.
    case footerMissing
    /// A transaction begins and does not end.
    case openTransaction
}

extension SnapshotDefect: CustomStringConvertible {
    public var description: String {
        switch self {
        case .batch(let defect, let position): "the batch at byte \(position): \(defect)"
        case .record(let number, let error): "record \(number): \(error)"
        case .control(let number, let error): "control record \(number): \(error)"
        case .headerMissing: "it does not begin with a snapshot's header"
        case .footerMissing: "it does not end with a snapshot's footer"
        case .openTransaction: "a transaction in it does not end"
        }
    }
}
