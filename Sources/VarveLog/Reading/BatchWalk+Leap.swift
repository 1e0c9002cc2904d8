internal import CPrefetch
internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// A batch by its place and its header.
struct PlacedBatch {
    var position: Int
    var header: BatchHeader
}

extension BatchWalk {
    /// The batch that holds `offset`, without a walk over the ones before it: the index says
    /// between which places it lies, and the sidecar where batches start there.
    ///
    /// A walk to a random place waits for memory at each header on its way; a leap waits for one
    /// entry and one header. What it finds is the batch that was written there, since its header
    /// agrees with its entry: bytes inside a record that look like a batch have none. Its checksum
    /// is still to be verified. Where anything is in doubt the answer is nil: walking decides.
    mutating func leap(to offset: Offset, in stretch: IndexedStretch) -> PlacedBatch? {
        let relative = segment.baseOffset.distance(to: offset)
        guard segment.access == .mapped, let guess = stretch.guess(of: relative),
            guess < window.reach
        else { return nil }
        // The memory at the likeliest place is on its way while the entries are looked up. Of a
        // large batch the processor fetches the rest ahead by itself.
        let ahead = min(max(stretch.sizePerOffset, Self.aheadMin), Self.aheadMax)
        window.span(guess..<min(guess + ahead, window.reach)).willBeRead()
        return withSidecar { (walk, check) in
            var slot = check.firstSlot(atOrAfter: guess)
            for _ in 0..<Self.leapTries {
                guard let entry = check.entry(slot),
                    let header = try? walk.header(at: Int(entry.position)),
                    let last = header.lastOffset
                else { return nil }
                let position = Int(entry.position)
                if header.baseOffset > offset.rawValue {
                    slot -= 1
                } else if last < offset.rawValue {
                    slot += 1
                } else {
                    let front = position..<position + BatchLayout.checksummedFrom
                    let isWritten =
                        SidecarEntry.check(
                            of: walk.window.span(front), at: 0, position: position,
                            seed: check.seed) == entry.check
                    guard isWritten else { return nil }
                    walk.didAgree(at: position)
                    return PlacedBatch(position: position, header: header)
                }
            }
            return nil
        }
    }

    /// How much is fetched ahead: some lines, and no more than a processor fetches at once.
    private static let aheadMin = 256
    private static let aheadMax = 2048

    /// Batches of one log are of like sizes; where they are not, the walk takes over.
    private static let leapTries = 4
}

extension RawSpan {
    /// Lets the memory come nearer while other work is done. Touches nothing.
    fileprivate func willBeRead() {
        unsafe withUnsafeBytes { raw in unsafe varve_prefetch(raw.baseAddress, raw.count) }
    }
}
