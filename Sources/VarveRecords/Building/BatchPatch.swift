public import VarveBytes
public import VarveTerms

/// Changes to the header of a batch that lies in memory, in place.
public enum BatchPatch {
    /// Stamps what a leader assigns: neither field is covered by the checksum.
    /// - Precondition: a batch lies at `position`.
    /// - Complexity: O(1).
    @inlinable
    public static func stamp(
        _ batch: inout MutableRawSpan, at position: Int = 0,
        baseOffset: Offset, leaderEpoch: LeaderEpoch
    ) {
        batch.store(baseOffset.rawValue, at: position + BatchLayout.baseOffset.start)
        batch.store(leaderEpoch.rawValue, at: position + BatchLayout.partitionLeaderEpoch.start)
    }

    /// Sets the timestamp type and the maximum timestamp, and makes the checksum anew: for append
    /// time, and for a producer whose maximum was wrong. The rest is left as it is.
    /// - Precondition: a batch that passed `BatchCheck.frame` lies at `position`.
    /// - Complexity: O(size of the batch).
    public static func setTimestamps(
        _ batch: inout MutableRawSpan, at position: Int = 0,
        type: TimestampType, maxTimestamp: Timestamp
    ) {
        guard let header = BatchHeader(batch.bytes, at: position) else {
            preconditionFailure("no batch at \(position)")
        }
        let attributes = header.attributes.with(timestampType: type)
        batch.store(attributes.rawValue, at: position + BatchLayout.attributes.start)
        batch.store(maxTimestamp.milliseconds, at: position + BatchLayout.maxTimestamp.start)
        _ = stampChecksum(&batch, at: position, size: header.sizeInBytes)
    }

    /// Stores the checksum of the batch of `size` bytes at `position`, and answers it.
    static func stampChecksum(
        _ batch: inout MutableRawSpan, at position: Int, size: Int
    ) -> UInt32 {
        let covered = position + BatchLayout.checksummedFrom..<position + size
        let crc = CRC32C.checksum(batch.bytes.extracting(covered))
        batch.store(crc, at: position + BatchLayout.crc.start)
        return crc
    }
}
