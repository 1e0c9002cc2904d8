internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// What is appended where something is counted.
enum Batches {
    /// A batch of one record of `size` bytes.
    static func make(size: Int = 1024) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        builder.begin()
        let value = [UInt8](repeating: 7, count: size)
        _ = try builder.append(
            key: nil, value: value.rawSpan, timestamp: Timestamp(milliseconds: 1_795_253_504_000))
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }
}
