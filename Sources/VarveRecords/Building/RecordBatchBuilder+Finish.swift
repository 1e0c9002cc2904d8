public import VarveBytes
import VarveTerms

extension RecordBatchBuilder {
    /// Completes the batch and appends it to `output`, compressed as the settings say, even where
    /// that makes it larger. The builder keeps its records until `begin`.
    /// - Returns: the header as written.
    /// - Throws: a `BatchBuildError`; `output` then ends where it did.
    /// - Complexity: O(size of the batch).
    @discardableResult
    public mutating func finish(
        with compressor: Compressor, into output: inout ByteBuffer
    ) throws(BatchBuildError) -> BatchHeader {
        guard settings.compression.codec != .none else {
            let header = try seal()
            output.append(frame.bytes)
            return header
        }
        guard count > 0 else { throw .empty }
        let start = output.count
        output.appendZeros(BatchLayout.headerSize)
        let records = frame.bytes.extracting(BatchLayout.headerSize..<frame.count)
        do throws(CompressionError) {
            try compressor.compress(records, with: settings.compression, into: &output)
        } catch {
            output.truncate(to: start)
            throw .compression(error)
        }
        do throws(BatchBuildError) {
            return Self.seal(try header(size: output.count - start), in: &output, at: start)
        } catch {
            output.truncate(to: start)
            throw error
        }
    }

    /// Completes a batch without compression where it was built, and lends it.
    /// - Precondition: the settings name no codec.
    /// - Throws: `.empty`.
    public mutating func seal() throws(BatchBuildError) -> BatchHeader {
        precondition(settings.compression.codec == .none, "compressed batches need an output")
        return Self.seal(try header(size: frame.count), in: &frame, at: 0)
    }

    /// The batch that `seal` completed, until the next change.
    public var sealedBytes: RawSpan {
        @_lifetime(borrow self)
        get { frame.bytes }
    }

    private static func seal(
        _ header: BatchHeader, in buffer: inout ByteBuffer, at start: Int
    ) -> BatchHeader {
        var header = header
        var bytes = buffer.mutableBytes
        header.store(into: &bytes, at: start)
        header.crc = BatchPatch.stampChecksum(&bytes, at: start, size: header.sizeInBytes)
        return header
    }

    /// The header of the records so far, for a batch of `size` bytes; its checksum is still 0.
    private func header(size: Int) throws(BatchBuildError) -> BatchHeader {
        guard count > 0 else { throw .empty }
        guard let length = Int32(exactly: size - BatchLayout.lengthOverhead) else {
            throw .sizeOverflow(size: size)
        }
        var header = BatchHeader(settings)
        header.batchLength = length
        header.lastOffsetDelta = lastOffsetDelta
        header.baseTimestamp = baseTimestamp
        if case .logAppend(let time) = settings.time {
            header.maxTimestamp = time.milliseconds
        } else {
            header.maxTimestamp = maxTimestamp
        }
        header.recordsCount = count
        return header
    }
}

extension BatchHeader {
    /// The header of a batch without records, length and checksum.
    init(_ settings: BatchSettings) {
        baseOffset = settings.baseOffset.rawValue
        batchLength = Int32(BatchLayout.headerSize - BatchLayout.lengthOverhead)
        partitionLeaderEpoch = settings.leaderEpoch?.rawValue ?? -1
        magic = BatchLayout.currentMagic
        crc = 0
        attributes = settings.attributes
        lastOffsetDelta = 0
        baseTimestamp = -1
        maxTimestamp = -1
        producerId = settings.producer?.id ?? -1
        producerEpoch = settings.producer?.epoch ?? -1
        baseSequence = settings.producer?.baseSequence ?? -1
        recordsCount = 0
    }
}
