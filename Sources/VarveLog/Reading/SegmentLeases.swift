internal import Synchronization
internal import VarveTerms

/// The leases of one reader, in order of their segments. A look at them touches nothing that
/// threads write to, but for what the log's owner publishes.
///
/// *Threads*: one at a time.
struct SegmentLeases: ~Copyable {
    private var places: [Place] = []
    /// What the list of segments was when `places` were last held against it.
    private var shape = -1
    /// The segment that was last read without a lease.
    private var missed: Int64 = -1
    private var next = 0
    private let countMax: Int

    private struct Place {
        let base: Int64
        /// Where the next segment starts, if there is one.
        var end: Int64
        let lease: SegmentLease
    }

    /// - Parameter countMax: how many are kept. Where that is fewer than there may be segments, a
    ///   segment gets one when it is read twice in a row; nil: each does, with its first read.
    init(countMax: Int? = nil) { self.countMax = countMax ?? .max }

    /// How many segments are held.
    var count: Int { places.count }

    /// Lets go of all segments; the next read looks them up again.
    mutating func release() {
        places = []
        missed = -1
    }

    /// Verified batches from the one that holds `offset` on, as many as fit.
    /// - Returns: nil where it takes a look at what threads share.
    mutating func read(
        _ published: PublishedLog, from offset: Offset, sizeMax: Int, through visibility: Visibility
    ) -> PinnedBatches? {
        let current = published.shape.load(ordering: .acquiring)
        if current != shape { follow(published, to: current) }
        let offset = offset.rawValue
        let slot = lastSlot(in: places.count) { places[$0].base <= offset }
        if let slot, offset < places[slot].end {
            var isOld = false
            let found = places[slot].lease.read(
                from: offset, sizeMax: sizeMax, through: visibility, isOld: &isOld)
            guard isOld else { return found }
            places.remove(at: slot)
        }
        var isOld = false
        return lease(published, at: offset)?.read(
            from: offset, sizeMax: sizeMax, through: visibility, isOld: &isOld)
    }

    /// A lease of the segment that holds `offset`, if it is to have one.
    private mutating func lease(_ published: PublishedLog, at offset: Int64) -> SegmentLease? {
        let found = published.segments(from: Offset(offset), count: 2)
        guard let segment = found.first, segment.baseOffset.rawValue <= offset else { return nil }
        let base = segment.baseOffset.rawValue
        if countMax < .max, missed != base {
            missed = base
            return nil
        }
        guard let lease = SegmentLease(segment) else { return nil }
        if places.count == countMax {
            next = (next + 1) % countMax
            places.remove(at: next)
        }
        let end = found.dropFirst().first?.baseOffset.rawValue ?? .max
        let slot = lastSlot(in: places.count) { places[$0].base < base }.map { $0 + 1 } ?? 0
        places.insert(Place(base: base, end: end, lease: lease), at: slot)
        return lease
    }

    /// Keeps the places of those segments that are still there.
    private mutating func follow(_ published: PublishedLog, to current: Int) {
        shape = current
        for slot in places.indices.reversed() {
            let found = published.segments(from: Offset(places[slot].base), count: 2)
            guard let segment = found.first, segment === places[slot].lease.segment else {
                places.remove(at: slot)
                continue
            }
            places[slot].end = found.dropFirst().first?.baseOffset.rawValue ?? .max
        }
    }
}
