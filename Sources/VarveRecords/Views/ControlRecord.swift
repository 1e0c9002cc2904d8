import VarveBytes

/// What the key of a control record says. Control records take offsets and are not shown to
/// readers of the log.
/// *Source*: KIP-98, KIP-595, KIP-630, KIP-853.
public struct ControlRecord: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case abort, commit
        case leaderChange, snapshotHeader, snapshotFooter, kraftVersion, kraftVoters
        /// A type of a later version; readers skip it.
        case unknown(Int16)
    }

    public var version: Int16
    public var kind: Kind

    public init(_ kind: Kind, version: Int16 = 0) {
        self.kind = kind
        self.version = version
    }

    /// Decodes the key of a record of a control batch; what follows the type is for later versions.
    /// - Returns: nil when the key is shorter than 4 bytes or its version is negative.
    public init?(key: RawSpan) {
        guard key.byteCount >= 4, key.int16(at: 0) >= 0 else { return nil }
        version = key.int16(at: 0)
        kind = Kind(number: key.int16(at: 2))
    }

    /// Appends the key, 4 bytes.
    func append(to output: inout ByteBuffer) {
        output.append(version)
        output.append(kind.number)
    }
}

extension ControlRecord.Kind {
    public init(number: Int16) {
        self =
            switch number {
            case 0: .abort
            case 1: .commit
            case 2: .leaderChange
            case 3: .snapshotHeader
            case 4: .snapshotFooter
            case 5: .kraftVersion
            case 6: .kraftVoters
            default: .unknown(number)
            }
    }

    public var number: Int16 {
        switch self {
        case .abort: 0
        case .commit: 1
        case .leaderChange: 2
        case .snapshotHeader: 3
        case .snapshotFooter: 4
        case .kraftVersion: 5
        case .kraftVoters: 6
        case .unknown(let number): number
        }
    }
}

/// The value of an abort or commit record: who ended the transaction.
public struct EndTransactionMarker: Hashable, Sendable {
    public var version: Int16
    /// The epoch of the coordinator that decided, which fences one that came before it.
    public var coordinatorEpoch: Int32

    public init(coordinatorEpoch: Int32, version: Int16 = 0) {
        self.coordinatorEpoch = coordinatorEpoch
        self.version = version
    }

    /// Decodes the value; what follows the epoch is for later versions.
    /// - Returns: nil when the value is shorter than 6 bytes or its version is negative.
    public init?(value: RawSpan) {
        guard value.byteCount >= 6, value.int16(at: 0) >= 0 else { return nil }
        version = value.int16(at: 0)
        coordinatorEpoch = value.int32(at: 2)
    }

    /// Appends the value, 6 bytes.
    func append(to output: inout ByteBuffer) {
        output.append(version)
        output.append(coordinatorEpoch)
    }
}
