internal import VarveRecords
internal import VarveTerms

extension BatchWalk {
    /// The first offset of a batch. Only in a wrapper of magic 0 or 1 it must be looked for inside.
    /// - Returns: what the header says, where the inside cannot be read: whoever reads the batch
    ///   is told why.
    mutating func firstOffset(of header: BatchHeader, at position: Int) -> Offset {
        let stated = Offset(header.baseOffset)
        guard header.isLegacyWrapper,
            (try? verify(at: position, size: header.sizeInBytes)) != nil
        else { return stated }
        var scanner = RecordScanner()
        var first: Offset?
        let bytes = window.span(position..<position + header.sizeInBytes)
        try? scanner.forEachRecord(in: bytes) { record in
            if first == nil { first = record.offset }
        }
        return first ?? stated
    }
}
