public import VarveBytes
public import VarveTerms

/// A copy of a batch's 61 header bytes as integers. Nothing in it is believed: any bit pattern
/// decodes, and `BatchCheck` says whether it is lawful.
///
/// An entry of magic 0 or 1 decodes too, although it has fewer fields: `isLegacy` says what they
/// hold then.
@frozen
public struct BatchHeader: Hashable, Sendable {
    public var baseOffset: Int64
    public var batchLength: Int32
    public var partitionLeaderEpoch: Int32
    public var magic: Int8
    public var crc: UInt32
    public var attributes: BatchAttributes
    public var lastOffsetDelta: Int32
    public var baseTimestamp: Int64
    public var maxTimestamp: Int64
    public var producerId: Int64
    public var producerEpoch: Int16
    public var baseSequence: Int32
    public var recordsCount: Int32

    /// Decodes the header that starts at `position`, of any version of the format.
    /// - Returns: nil when fewer bytes remain than the version's header has, or `position` is not
    ///   in `bytes`.
    @inlinable
    public init?(_ bytes: RawSpan, at position: Int = 0) {
        guard position >= 0, bytes.byteCount - position >= BatchPeek.size else { return nil }
        guard bytes.uint8(at: position + BatchLayout.magic.start) >= 2 else {
            self.init(legacy: bytes, at: position)
            return
        }
        guard bytes.byteCount - position >= BatchLayout.headerSize else { return nil }
        self.init(unchecked: bytes, at: position)
    }

    /// - Precondition: 61 bytes remain at `position`.
    @inlinable
    init(unchecked bytes: RawSpan, at position: Int) {
        baseOffset = bytes.int64(at: position + BatchLayout.baseOffset.start)
        batchLength = bytes.int32(at: position + BatchLayout.batchLength.start)
        partitionLeaderEpoch = bytes.int32(at: position + BatchLayout.partitionLeaderEpoch.start)
        magic = bytes.int8(at: position + BatchLayout.magic.start)
        crc = bytes.uint32(at: position + BatchLayout.crc.start)
        attributes = BatchAttributes(
            rawValue: bytes.int16(at: position + BatchLayout.attributes.start))
        lastOffsetDelta = bytes.int32(at: position + BatchLayout.lastOffsetDelta.start)
        baseTimestamp = bytes.int64(at: position + BatchLayout.baseTimestamp.start)
        maxTimestamp = bytes.int64(at: position + BatchLayout.maxTimestamp.start)
        producerId = bytes.int64(at: position + BatchLayout.producerId.start)
        producerEpoch = bytes.int16(at: position + BatchLayout.producerEpoch.start)
        baseSequence = bytes.int32(at: position + BatchLayout.baseSequence.start)
        recordsCount = bytes.int32(at: position + BatchLayout.recordsCount.start)
    }

    /// Bytes of the whole batch as the header claims; nonsense until checked.
    @inlinable public var sizeInBytes: Int { BatchLayout.lengthOverhead + Int(batchLength) }

    /// The last offset that the batch covers, whether or not a record has it.
    /// - Returns: nil when the base or the delta is negative or the sum is no offset.
    @inlinable
    public var lastOffset: Int64? {
        guard baseOffset >= 0, lastOffsetDelta >= 0 else { return nil }
        let (sum, overflow) = baseOffset.addingReportingOverflow(Int64(lastOffsetDelta))
        return overflow ? nil : sum
    }

    /// The last sequence number that the batch covers; nil when it carries none.
    @inlinable
    public var lastSequence: Int32? {
        guard baseSequence >= 0, lastOffsetDelta >= 0 else { return nil }
        return ProducerSequence.advance(baseSequence, by: lastOffsetDelta)
    }

    @inlinable public var timestampType: TimestampType { attributes.timestampType }

    /// The time from which compaction may drop the batch's tombstones; nil when none was set.
    @inlinable
    public var deleteHorizon: Timestamp? {
        attributes.hasDeleteHorizon ? Timestamp(milliseconds: baseTimestamp) : nil
    }

    /// Writes the 61 bytes at `position`.
    /// - Precondition: 61 bytes remain at `position`.
    public func store(into bytes: inout MutableRawSpan, at position: Int = 0) {
        bytes.store(baseOffset, at: position + BatchLayout.baseOffset.start)
        bytes.store(batchLength, at: position + BatchLayout.batchLength.start)
        bytes.store(partitionLeaderEpoch, at: position + BatchLayout.partitionLeaderEpoch.start)
        bytes.store(magic, at: position + BatchLayout.magic.start)
        bytes.store(crc, at: position + BatchLayout.crc.start)
        bytes.store(attributes.rawValue, at: position + BatchLayout.attributes.start)
        bytes.store(lastOffsetDelta, at: position + BatchLayout.lastOffsetDelta.start)
        bytes.store(baseTimestamp, at: position + BatchLayout.baseTimestamp.start)
        bytes.store(maxTimestamp, at: position + BatchLayout.maxTimestamp.start)
        bytes.store(producerId, at: position + BatchLayout.producerId.start)
        bytes.store(producerEpoch, at: position + BatchLayout.producerEpoch.start)
        bytes.store(baseSequence, at: position + BatchLayout.baseSequence.start)
        bytes.store(recordsCount, at: position + BatchLayout.recordsCount.start)
    }
}

/// The 17 bytes that every version of the format begins with: enough to walk a file from batch to
/// batch, at the price of three loads.
@frozen
public struct BatchPeek: Hashable, Sendable {
    /// Bytes that a peek needs.
    public static let size = 17

    public let baseOffset: Int64
    /// Bytes of the whole batch as it claims; nonsense until checked.
    public let sizeInBytes: Int
    public let magic: Int8

    /// - Returns: nil when fewer than 17 bytes remain, or `position` is not in `bytes`.
    @inlinable
    public init?(_ bytes: RawSpan, at position: Int = 0) {
        guard position >= 0, bytes.byteCount - position >= Self.size else { return nil }
        baseOffset = bytes.int64(at: position + BatchLayout.baseOffset.start)
        sizeInBytes =
            BatchLayout.lengthOverhead
            + Int(bytes.int32(at: position + BatchLayout.batchLength.start))
        magic = bytes.int8(at: position + BatchLayout.magic.start)
    }
}

/// Arithmetic on a producer's sequence numbers, which run from 0 to `Int32.max` and then from 0.
public enum ProducerSequence {
    /// The sequence number `count` records after `sequence`.
    /// - Precondition: both are 0 or more.
    @inlinable
    public static func advance(_ sequence: Int32, by count: Int32) -> Int32 {
        (sequence &+ count) & Int32.max
    }
}
