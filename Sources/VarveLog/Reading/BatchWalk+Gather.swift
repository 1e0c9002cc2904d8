internal import VarveRecords
internal import VarveTerms

extension BatchWalk {
    /// Verified batches from `first` on, as many as fit.
    mutating func gather(
        from first: PlacedBatch, sizeMax: Int, before end: Int64
    ) throws(WalkFailure) -> PinnedBatches {
        try lend(
            first.position,
            min(max(sizeMax, first.header.sizeInBytes), self.end - first.position))
        try verify(at: first.position, size: first.header.sizeInBytes)
        // A walk that copies moves its window to look at a batch that reaches past it, so what is
        // handed out is this window.
        let window = window
        var position = first.position + first.header.sizeInBytes
        var last = first.header.lastOffset ?? first.header.baseOffset
        let base = firstOffset(of: first.header, at: first.position)
        let limit = first.position + min(sizeMax, self.end - first.position)
        while position < limit {
            // A damaged batch further on ends the answer; reading at its offset reports it.
            guard let header = try? header(at: position),
                position + header.sizeInBytes <= min(limit, window.reach),
                header.baseOffset > last, header.baseOffset < end,
                (try? verify(at: position, size: header.sizeInBytes)) != nil
            else { break }
            position += header.sizeInBytes
            last = header.lastOffset ?? last
        }
        return PinnedBatches(
            owner: window.bytes,
            range: first.position - window.start..<position - window.start,
            offsets: base..<Offset(last).advanced(by: 1))
    }
}
