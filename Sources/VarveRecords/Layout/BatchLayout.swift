public import VarveBytes

/// The fixed start of a record batch, magic 2: where each big-endian field lies and how wide it
/// is. Reader, writer, checks and docs/formats/record-batch.md use this one table.
///
/// The first three fields precede the checksum, and so does the magic: a leader stamps the offset
/// and its epoch without touching what the producer's checksum covers.
/// *Source*: KIP-98.
public enum BatchLayout {
    /// The offset of the first record; 0 from a client.
    @inlinable public static var baseOffset: Field { Field(at: 0, width: 8) }
    /// The bytes that follow this field.
    @inlinable public static var batchLength: Field { Field(after: baseOffset, width: 4) }
    /// The epoch of the leader that appended the batch; −1 from a client.
    @inlinable public static var partitionLeaderEpoch: Field { Field(after: batchLength, width: 4) }
    /// The version of the format: 2 here, and at this very byte in versions 0 and 1 as well.
    @inlinable public static var magic: Field { Field(after: partitionLeaderEpoch, width: 1) }
    /// CRC-32C of every byte after this field.
    @inlinable public static var crc: Field { Field(after: magic, width: 4) }
    /// Bits 0–2 codec, 3 timestamp type, 4 transactional, 5 control, 6 delete horizon.
    @inlinable public static var attributes: Field { Field(after: crc, width: 2) }
    /// The last offset that the batch covers, less the base offset; survives compaction.
    @inlinable public static var lastOffsetDelta: Field { Field(after: attributes, width: 4) }
    /// What the timestamp deltas of the records count from; the delete horizon when bit 6 is set.
    @inlinable public static var baseTimestamp: Field { Field(after: lastOffsetDelta, width: 8) }
    /// The greatest timestamp of the records, or the broker's append time when bit 3 is set.
    @inlinable public static var maxTimestamp: Field { Field(after: baseTimestamp, width: 8) }
    /// −1 when no producer id was given.
    @inlinable public static var producerId: Field { Field(after: maxTimestamp, width: 8) }
    /// −1 when no producer id was given.
    @inlinable public static var producerEpoch: Field { Field(after: producerId, width: 2) }
    /// The sequence number of the record at the base offset; −1 when there is none.
    @inlinable public static var baseSequence: Field { Field(after: producerEpoch, width: 4) }
    /// How many records follow; 0 in a batch that compaction emptied.
    @inlinable public static var recordsCount: Field { Field(after: baseSequence, width: 4) }

    /// Bytes of the header: where the records, or the compressed stream of them, begin.
    @inlinable public static var headerSize: Int { 61 }
    /// Bytes that come before what `batchLength` counts.
    @inlinable public static var lengthOverhead: Int { 12 }
    /// The first byte that the checksum covers; it covers everything from here to the end.
    @inlinable public static var checksummedFrom: Int { 21 }
    /// The magic that this layout belongs to.
    @inlinable public static var currentMagic: Int8 { 2 }
    /// The fewest bytes that a record takes: seven fields of one byte.
    @inlinable public static var recordSizeMin: Int { 7 }
    /// The fewest bytes that `batchLength` may count in any version (magic 0 without key or value).
    @inlinable public static var lengthMin: Int { 14 }
}
