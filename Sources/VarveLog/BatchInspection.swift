internal import VarveBytes
package import VarveRecords
package import VarveTerms

/// How much of a batch is checked before it is appended.
public enum AppendCheck: Hashable, Sendable {
    /// Frame, checksum, and every record, decompressed under a budget: for batches from outside.
    case records
    /// Frame and checksum: for batches whose maker is known to make them right.
    case frame
}

/// What an append looks at, with the memory and contexts that looking needs; one per log.
package struct BatchInspection: ~Copyable {
    private var decompressor: Decompressor?
    private var scratch = ByteBuffer(capacity: 64)

    package init() {}

    /// Checks the batch at `position`.
    /// - Returns: its header.
    package mutating func check(
        _ bytes: RawSpan, at position: Int, _ depth: AppendCheck, sizeMax: ByteCount
    ) throws(LogError) -> BatchHeader {
        do {
            let header = try BatchCheck.frame(bytes, at: position)
            guard header.sizeInBytes <= sizeMax.bytes else {
                throw LogError.tooLarge(size: ByteCount(header.sizeInBytes), limit: sizeMax)
            }
            if depth == .records {
                let decompressor = decompressor ?? Decompressor()
                self.decompressor = decompressor
                _ = try BatchCheck.records(
                    bytes.extracting(position..<position + header.sizeInBytes), header: header,
                    rules: .appended, decompressor: decompressor, scratch: &scratch)
            }
            return header
        } catch let error as LogError {
            throw error
        } catch let defect as BatchDefect {
            throw .refused(defect)
        } catch {
            preconditionFailure("checks throw nothing else")
        }
    }
}
