public import VarveBytes

/// Makes a compressed batch of one that is not.
public enum BatchCompression {
    /// Appends `batch` with its records compressed; the header is the same but for the codec, the
    /// length and the checksum.
    /// - Precondition: `batch` is one whole batch without a codec.
    /// - Throws: what the codec threw; `output` then ends where it did.
    public static func compress(
        _ batch: RawSpan, with compression: Compression, by compressor: Compressor,
        into output: inout ByteBuffer
    ) throws(CompressionError) {
        guard var header = BatchHeader(batch), !header.attributes.isCompressed else {
            preconditionFailure("no plain batch to compress")
        }
        let start = output.count
        output.appendZeros(BatchLayout.headerSize)
        let records = batch.extracting(BatchLayout.headerSize..<batch.byteCount)
        do throws(CompressionError) {
            try compressor.compress(records, with: compression, into: &output)
        } catch {
            output.truncate(to: start)
            throw error
        }
        let size = output.count - start
        header.batchLength = Int32(size - BatchLayout.lengthOverhead)
        header.attributes = BatchAttributes(
            rawValue: header.attributes.rawValue | Int16(compression.codec.rawValue))
        var bytes = output.mutableBytes
        header.store(into: &bytes, at: start)
        _ = BatchPatch.stampChecksum(&bytes, at: start, size: size)
    }
}
