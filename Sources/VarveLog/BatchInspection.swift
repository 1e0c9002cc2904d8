internal import VarveBytes
package import VarveRecords
package import VarveTerms

/// How much of a batch is checked before it is appended.
public enum AppendCheck: Hashable, Sendable {
    /// Frame, checksum, and every record, decompressed under a budget: for batches from outside.
    case records
    /// Frame and checksum: for batches whose maker is known to make them right.
    case frame
    /// The frame alone: for batches whose checksum the caller has held against their bytes just
    /// before. Bytes that are damaged since then are kept as they are, and found by every reader.
    case header
}

/// What an append looks at, with the memory and contexts that looking needs; one per log.
package struct BatchInspection: ~Copyable {
    /// Nil until records are looked at.
    private var tools: Tools?

    private final class Tools {
        let decompressor = Decompressor(gzip: .admitted)
        var scratch = ByteBuffer(capacity: 64)
    }

    package init() {}

    /// Who the batches come from.
    package enum Source {
        /// A producer, or the leader itself: batches of magic 2.
        case client
        /// The leader's log, in which there may be batches of any format.
        case leader
    }

    /// Checks the batch at `position`.
    /// - Returns: its header; of a wrapper of magic 0 or 1, with the first offset found inside.
    package mutating func check(
        _ bytes: RawSpan, at position: Int, _ depth: AppendCheck, sizeMax: ByteCount,
        from source: Source = .client
    ) throws(LogError) -> BatchHeader {
        do {
            var header =
                depth == .header
                ? try BatchCheck.structure(bytes, at: position)
                : try BatchCheck.frame(bytes, at: position)
            guard !header.isLegacy || source == .leader else {
                throw BatchDefect.oldFormat(header.magic)
            }
            guard header.sizeInBytes <= sizeMax.bytes else {
                throw LogError.tooLarge(size: ByteCount(header.sizeInBytes), limit: sizeMax)
            }
            if depth == .records || header.isLegacyWrapper {
                let tools = self.tools ?? Tools()
                self.tools = tools
                var rules = header.isLegacy ? BatchRules.stored : .appended
                // The log has a limit of its own, which was looked at.
                rules.sizeMax = nil
                let contents = try BatchCheck.records(
                    bytes.extracting(position..<position + header.sizeInBytes), header: header,
                    rules: rules,
                    decompressor: tools.decompressor, scratch: &tools.scratch)
                header = header.completed(by: contents)
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
