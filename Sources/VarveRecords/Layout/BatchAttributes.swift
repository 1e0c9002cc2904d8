/// Which clock a batch's timestamps come from.
public enum TimestampType: UInt8, Hashable, Sendable {
    /// The producer's: every record has its own.
    case create = 0
    /// The broker's at the append: every record reads as the batch's maximum timestamp.
    case logAppend = 1
}

/// The attribute bits of a batch header as they stand there; unknown bits are kept.
@frozen
public struct BatchAttributes: Hashable, Sendable {
    public let rawValue: Int16

    @inlinable
    public init(rawValue: Int16) { self.rawValue = rawValue }

    /// Bits 0–2; 5, 6 and 7 name no codec.
    @inlinable public var codecNumber: UInt8 { UInt8(truncatingIfNeeded: rawValue & 0x07) }

    /// The codec; nil when the bits name none.
    public var codec: Codec? { Codec(rawValue: codecNumber) }

    @inlinable public var isCompressed: Bool { codecNumber != 0 }

    @inlinable public var timestampType: TimestampType {
        rawValue & 0x08 == 0 ? .create : .logAppend
    }

    /// Whether the batch belongs to a transaction, as its records or as its marker.
    @inlinable public var isTransactional: Bool { rawValue & 0x10 != 0 }

    /// Whether the batch holds a control record, which readers of the log are not shown.
    @inlinable public var isControl: Bool { rawValue & 0x20 != 0 }

    /// Whether the base timestamp is the time from which compaction may drop the tombstones and
    /// markers of this batch (KIP-534).
    @inlinable public var hasDeleteHorizon: Bool { rawValue & 0x40 != 0 }

    /// Bits that no version defines, in place. Kafka stores and serves them; so does Varve.
    @inlinable public var unknownBits: Int16 { rawValue & ~0x7F }

    @inlinable
    func with(timestampType: TimestampType) -> BatchAttributes {
        BatchAttributes(rawValue: rawValue & ~0x08 | Int16(timestampType.rawValue) << 3)
    }
}
