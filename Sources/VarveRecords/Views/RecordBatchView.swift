public import VarveBytes

/// A batch in somebody else's memory, read in place: nothing is copied and nothing is kept.
///
///     let batch = try RecordBatchView(bytes)
///     var records = batch.records
///     while let record = try records.next() { use(record.offset, record.value) }
///
/// Records of a compressed batch lie in no memory yet; `expand` puts them in the caller's buffer,
/// and `records(in:)` walks them there.
@frozen
public struct RecordBatchView: ~Escapable {
    /// The bytes of the batch, from its base offset to its last record.
    public let bytes: RawSpan
    public let header: BatchHeader

    /// Views the batch at `position` after `BatchCheck.structure`. The checksum is the caller's:
    /// it is proven once, by `BatchCheck.frame`, and not with every look.
    /// - Complexity: O(1).
    @inlinable
    @_lifetime(copy bytes)
    public init(_ bytes: RawSpan, at position: Int = 0) throws(BatchDefect) {
        let header = try BatchCheck.structure(bytes, at: position)
        self.bytes = bytes.extracting(position..<position + header.sizeInBytes)
        self.header = header
    }

    /// Views the batch that `bytes` starts with, whose header passed a check before.
    @inlinable
    @_lifetime(copy bytes)
    init(checked bytes: RawSpan, header: BatchHeader) {
        self.bytes = bytes.extracting(0..<header.sizeInBytes)
        self.header = header
    }

    /// What follows the header: records, or the compressed stream of them. An entry of magic 0 or 1
    /// is its own record; that of a wrapper is what it holds.
    @inlinable
    public var body: RawSpan {
        @_lifetime(copy self)
        get {
            header.isLegacy
                ? legacyBody : bytes.extracting(BatchLayout.headerSize..<bytes.byteCount)
        }
    }

    /// Whether the records must be expanded before they can be read.
    @inlinable
    public var isCompressed: Bool { header.attributes.isCompressed }

    /// The records of a batch that is not compressed, from the first.
    /// - Precondition: the batch is not compressed.
    @inlinable
    public var records: RecordCursor {
        @_lifetime(copy self)
        get {
            precondition(!isCompressed, "the records must be expanded first")
            return RecordCursor(body, header: header)
        }
    }

    /// Decompresses the records to the end of `buffer`. For a batch that is not compressed, this
    /// copies them.
    /// - Throws: a defect; `buffer` then holds what it held before.
    /// - Complexity: O(expanded size), bounded by `budget`.
    public func expand(
        with decompressor: Decompressor, into buffer: inout ByteBuffer,
        budget: DecompressionBudget
    ) throws(BatchDefect) {
        guard let codec = header.attributes.codec else {
            throw .unknownCodec(header.attributes.codecNumber)
        }
        guard codec != .none else { return buffer.append(body) }
        guard header.recordsCount > 0 || !body.isEmpty else { return }
        guard !body.isEmpty else { throw .compressedEmpty }
        do throws(CompressionError) {
            try decompressor.decompress(
                body, codec: codec, into: &buffer, budget: budget,
                headerChecksum: header.magic == 0 ? .ignored : .verified)
        } catch {
            throw .compression(error)
        }
    }

    /// The records of this batch in the bytes that `expand` made of it.
    @inlinable
    @_lifetime(copy expanded)
    public func records(in expanded: RawSpan) -> RecordCursor {
        RecordCursor(expanded, header: header)
    }
}
