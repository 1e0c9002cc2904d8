internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Finds how far damage in a segment reaches: from the first byte that is not a verified batch to
/// the next place where one starts.
struct DamageSearch: ~Copyable {
    private var walk: BatchWalk

    init(_ segment: Segment, through visibility: Visibility) throws(LogError) {
        walk = try BatchWalk(segment, at: 0, through: visibility)
    }

    /// The first damaged range at or after `position`, which must be the start of a batch or 0.
    /// - Parameter endOffset: the offset after the segment's last record.
    mutating func firstDamage(
        from position: Int, defect: BatchDefect, endOffset: Offset
    ) throws(LogError) -> CorruptRange {
        var position = position
        var expected = walk.segment.baseOffset
        var found = defect
        search: while true {
            do {
                guard let header = try walk.header(at: position) else { break search }
                try walk.verify(at: position, size: header.sizeInBytes)
                position += header.sizeInBytes
                expected =
                    header.lastOffset.flatMap { Offset(exactly: $0) }?
                    .advanced(byExactly: 1) ?? expected
            } catch {
                if case .log(let error) = error { throw error }
                if case .defect(let defect) = error { found = defect }
                break search
            }
        }
        let next = try nextBatch(after: position, expected: expected)
        return CorruptRange(
            path: walk.segment.paths.log,
            positions: FilePosition(position)..<FilePosition(max(position, next.position)),
            offsets: expected..<max(expected, next.offset ?? endOffset), defect: found)
    }

    /// The next place after `position` where a verified batch starts whose offsets go on.
    mutating func nextBatch(
        after position: Int, expected: Offset
    ) throws(LogError) -> (position: Int, offset: Offset?) {
        // A batch whose length is right but whose content is not is followed by a good one.
        if let size = try claimedSize(at: position), position + size < walk.end,
            let offset = try startsBatch(at: position + size, expected: expected)
        {
            return (position + size, offset)
        }
        var candidate = position + 1
        while let plausible = try nextPlausible(from: candidate) {
            if let offset = try startsBatch(at: plausible, expected: expected) {
                return (plausible, offset)
            }
            candidate = plausible + 1
        }
        return (walk.end, nil)
    }

    /// The next position from `start` on where the bytes could be a header: the magic is right.
    private mutating func nextPlausible(from start: Int) throws(LogError) -> Int? {
        var start = start
        while start + BatchPeek.size <= walk.end {
            let size = min(Self.stride, walk.end - start)
            // A header of magic 2 that the piece cuts is looked at in the next one; at the end of
            // the file only the shorter ones of magic 0 and 1 have room.
            let isLast = start + size == walk.end
            let front = isLast ? BatchPeek.size : BatchLayout.headerSize
            do {
                try walk.lend(start, size)
            } catch {
                if case .log(let error) = error { throw error }
                return nil
            }
            let bytes = walk.window.span(start..<start + size)
            // A page that is gone ends the search: nothing behind it can be had either.
            guard CRC32C.checksum(mapped: bytes) != nil else { return nil }
            for place in 0...(size - front)
            where bytes.uint8(at: place + BatchLayout.magic.start) <= 2
                && isPlausible(bytes, at: place, rest: walk.end - start - place)
            {
                return start + place
            }
            if isLast { break }
            start += size - front + 1
        }
        return nil
    }

    /// Whether the numbers of a header fit together, so that the bytes that it claims are worth
    /// reading: else a file of noise would be read once for each of its bytes.
    private func isPlausible(_ bytes: RawSpan, at place: Int, rest: Int) -> Bool {
        guard let peek = BatchPeek(bytes, at: place), peek.sizeInBytes <= rest,
            let header = BatchHeader(bytes, at: place)
        else { return false }
        guard !header.isLegacy else {
            return BatchCheck.isPlausibleLegacy(bytes, at: place)
                && header.baseOffset >= walk.segment.baseOffset.rawValue
                && header.baseOffset - walk.segment.baseOffset.rawValue <= Int64(Int32.max)
        }
        return header.sizeInBytes >= BatchLayout.headerSize && header.sizeInBytes <= rest
            && header.lastOffsetDelta >= 0 && header.recordsCount >= 0
            && Int(header.recordsCount) <= Int(header.lastOffsetDelta) + 1
            && header.baseOffset >= walk.segment.baseOffset.rawValue
            && header.baseOffset - walk.segment.baseOffset.rawValue <= Int64(Int32.max)
    }

    /// How many bytes are looked through at a time.
    private static let stride = 64 << 10

    private mutating func claimedSize(at position: Int) throws(LogError) -> Int? {
        let front = min(BatchLayout.headerSize, walk.end - position)
        guard front >= BatchPeek.size else { return nil }
        do {
            try walk.lend(position, front)
        } catch {
            if case .log(let error) = error { throw error }
            return nil
        }
        let bytes = walk.window.span(position..<position + front)
        guard CRC32C.checksum(mapped: bytes) != nil, let peek = BatchPeek(bytes),
            peek.sizeInBytes >= BatchLayout.lengthOverhead + BatchLayout.lengthMin
        else { return nil }
        return peek.sizeInBytes
    }

    /// The base offset of the batch at `position`, if a verified one that comes later is there.
    private mutating func startsBatch(
        at position: Int, expected: Offset
    ) throws(LogError) -> Offset? {
        do {
            guard let header = try walk.header(at: position),
                let stated = Offset(exactly: header.baseOffset), stated >= expected
            else { return nil }
            try walk.verify(at: position, size: header.sizeInBytes)
            let offset = walk.firstOffset(of: header, at: position)
            return offset >= expected ? offset : nil
        } catch {
            if case .log(let error) = error { throw error }
            return nil
        }
    }
}
