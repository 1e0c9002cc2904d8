internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Goes through a segment from batch to batch by their headers. Checksums are looked at only where
/// `verify` is called: a walk to some offset skips batches that it will not serve.
struct BatchWalk: ~Copyable {
    let segment: Segment
    let visibility: Visibility
    private(set) var window: SegmentWindow
    /// What batches are held against beyond their own checksum; looked for by the first `verify`.
    private var sidecar: SidecarCheck?
    private var isSidecarKnown = false
    /// The batch whose header was looked at last, so that `verify` need not decode it again.
    private var lookedAt: PlacedBatch?

    /// Where `leap` has just found a header that agrees with its entry.
    private var agreed: Int?

    /// How much a copying walk reads at a time.
    private static let stride = 64 << 10

    init(
        _ segment: Segment, at position: Int, size: Int = 0, through visibility: Visibility
    ) throws(LogError) {
        self.segment = segment
        self.visibility = visibility
        window = try segment.window(
            at: position, size: max(size, Self.stride), through: visibility)
    }

    /// A walk through what was looked up before.
    init(
        _ segment: Segment, in window: SegmentWindow, against sidecar: SidecarCheck?,
        through visibility: Visibility
    ) {
        self.segment = segment
        self.visibility = visibility
        self.window = window
        self.sidecar = sidecar
        isSidecarKnown = true
    }

    /// Goes on with what may be read now.
    /// - Returns: false where the window does not reach so far; it is of no use then.
    mutating func see(to end: Int) -> Bool {
        window.end = end
        (lookedAt, agreed) = (nil, nil)
        return window.reach == end
    }

    /// Goes on with what the sidecar says now.
    mutating func hold(against sidecar: SidecarCheck?) { self.sidecar = sidecar }

    /// The header at `position` agrees with its entry, of which `verify` need not ask again.
    mutating func didAgree(at position: Int) { agreed = position }

    /// Where visible batches end.
    var end: Int { window.end }

    /// The header of the batch at `position`, its numbers lawful, its end within the segment, its
    /// offsets such as this segment can have.
    /// - Returns: nil where the segment ends.
    mutating func header(at position: Int) throws(WalkFailure) -> BatchHeader? {
        let rest = window.end - position
        guard rest > 0 else { return nil }
        let front = min(BatchLayout.headerSize, rest)
        try lend(position, front)
        let claimed = try claimedSize(window.span(position..<position + front))
        let size = min(max(claimed, front), rest)
        try lend(position, size)
        let header: BatchHeader
        do {
            header = try BatchCheck.structure(window.span(position..<position + size))
        } catch {
            throw .defect(error)
        }
        // The last offset of all is no record's, since a log's end lies behind its last record.
        guard let last = header.lastOffset, header.baseOffset >= segment.baseOffset.rawValue,
            last - segment.baseOffset.rawValue <= Int64(Int32.max), last < Int64.max
        else {
            throw .defect(
                .offsetOverflow(
                    baseOffset: header.baseOffset, lastOffsetDelta: header.lastOffsetDelta))
        }
        lookedAt = PlacedBatch(position: position, header: header)
        return header
    }

    /// The first batch from `position` on that reaches `offset`.
    mutating func firstBatch(
        from position: Int, holding offset: Offset
    ) throws(WalkFailure) -> PlacedBatch? {
        var position = position
        while let header = try header(at: position) {
            if header.lastOffset ?? -1 >= offset.rawValue {
                return PlacedBatch(position: position, header: header)
            }
            position += header.sizeInBytes
        }
        return nil
    }

    private func claimedSize(_ front: RawSpan) throws(WalkFailure) -> Int {
        // The first touch of mapped bytes is a guarded one.
        guard GuardedBytes.areReadable(front) else { throw .defect(.unreadable) }
        return BatchPeek(front)?.sizeInBytes ?? 0
    }

    /// Checks the whole batch at `position`, checksum included, and whether it is the one that was
    /// written there, where that is known.
    mutating func verify(at position: Int, size: Int) throws(WalkFailure) {
        try lend(position, size)
        do {
            #if VARVE_PLANTED_BUGS
                if PlantedBug.checksumNotChecked.isPlanted { return }
            #endif
            let bytes = window.span(position..<position + size)
            if let lookedAt, lookedAt.position == position, lookedAt.header.sizeInBytes == size {
                try BatchCheck.checksum(mapped: bytes, of: lookedAt.header)
            } else {
                _ = try BatchCheck.frame(mapped: bytes)
            }
        } catch {
            throw .defect(error)
        }
        if agreed.take() == position { return }
        let verdict = withSidecar { (walk, check) in
            check.verdict(on: walk.window.span(position..<position + size), position: position)
        }
        if case .damaged(let defect) = verdict { throw .defect(.integrity(defect)) }
    }

    /// Lends the check against the sidecar to `body`; nil where there is no sidecar.
    mutating func withSidecar<Value>(
        _ body: (inout BatchWalk, inout SidecarCheck) -> Value?
    ) -> Value? {
        if !isSidecarKnown {
            isSidecarKnown = true
            sidecar = segment.sidecar?.check()
        }
        guard var check = sidecar.take() else { return nil }
        let value = body(&self, &check)
        sidecar = check
        return value
    }

    /// A window in which `size` bytes from `position` on can be had as one span.
    mutating func lend(_ position: Int, _ size: Int) throws(WalkFailure) {
        guard position < window.start || position + size > window.reach else { return }
        do {
            window = try segment.window(
                at: position, size: max(size, Self.stride), through: visibility)
        } catch {
            throw .log(error)
        }
        guard position + size <= window.reach else {
            // The file is shorter than what was published of it.
            throw .defect(.truncated(needed: size, available: max(0, window.reach - position)))
        }
    }
}

/// Why a walk stopped: the bytes are bad, or the engine could not get at them.
enum WalkFailure: Error {
    case defect(BatchDefect)
    case log(LogError)
}
