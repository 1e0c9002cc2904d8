public import VarveBytes

/// A batch of no record: what compaction leaves of a batch whose records are all gone, as long as
/// its offsets or its producer's last sequence number must not be forgotten.
public enum EmptyBatch {
    /// Appends the 61 bytes that stand for the batch with the header `header`: same offsets, epoch,
    /// producer, kind and maximum timestamp; no codec, no delete horizon, no base timestamp.
    /// - Returns: the header as written.
    @discardableResult
    public static func append(
        replacing header: BatchHeader, to output: inout ByteBuffer
    ) -> BatchHeader {
        var empty = header
        empty.batchLength = Int32(BatchLayout.headerSize - BatchLayout.lengthOverhead)
        empty.magic = BatchLayout.currentMagic
        empty.attributes = header.attributes.emptied
        empty.baseTimestamp = -1
        empty.recordsCount = 0
        let start = output.count
        output.appendZeros(BatchLayout.headerSize)
        var bytes = output.mutableBytes
        empty.store(into: &bytes, at: start)
        empty.crc = BatchPatch.stampChecksum(&bytes, at: start, size: BatchLayout.headerSize)
        return empty
    }
}

extension BatchAttributes {
    /// Timestamp type, transactional and control alone.
    var emptied: BatchAttributes { BatchAttributes(rawValue: rawValue & 0x38) }
}
