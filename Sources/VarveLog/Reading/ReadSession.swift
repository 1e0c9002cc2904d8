internal import Synchronization
public import VarveTerms

/// Reads a log for one thread, and keeps what it looked up from one read to the next.
///
/// `LogReader.read` looks for the segment, its mapping, its index and its sidecar each time, under
/// locks that all readers share. For small reads at random places that is much of the work; a
/// session does it once. What it hands out is the same, verified each time.
///
///     var session = log.reader.session()
///     for offset in wanted {
///         guard case .batches(let batches) = try session.read(from: offset, sizeMax: .kib(4))
///         else { continue }
///         use(batches)
///     }
///
/// A session holds the segments that it has read from as `PinnedBatches` do: a cut of them is
/// refused, and the disk space of deleted ones stays in use until the next read, or `release`.
///
/// When not to use it: for a scan, in which one look-up serves a MiB, and for a session that is
/// kept without reading.
///
/// *Threads*: one owner, who may hand it on.
public struct ReadSession: ~Copyable, @unchecked Sendable {
    // @unchecked: leases are made here, never leave, and are used by whoever owns the session.
    private let reader: LogReader
    private let published: PublishedLog
    private let visibility: Visibility
    /// What had been published when `ends` and the segments were looked at.
    private var generation = -1
    private var ends: LogEnds
    private var places: [Place] = []
    private var shape = -1

    /// A segment of the log. A search for one touches nothing that threads share.
    private struct Place {
        let base: Int64
        let segment: Segment
        var lease: SegmentLease?
        /// What had been published when no lease was to be had.
        var isWithoutSince: Int?
    }

    init(_ reader: LogReader, through visibility: Visibility) {
        self.reader = reader
        published = reader.published
        self.visibility = visibility
        ends = reader.published.ends
        look(at: published.generation.load(ordering: .acquiring))
    }

    /// Reads as `LogReader.read` does.
    ///
    /// - Throws: what `LogReader.read` throws.
    /// - Complexity: O(log index) to find the batch, then the size of what is returned.
    public mutating func read(
        from offset: Offset, sizeMax: ByteCount = .mib(1)
    ) throws(LogError) -> ReadOutcome {
        if let batches = leased(offset, sizeMax.bytes) { return .batches(batches) }
        return try reader.read(from: offset, sizeMax: sizeMax, through: visibility)
    }

    /// How many segments it holds.
    var leaseCount: Int { places.count { $0.lease != nil } }

    /// Lets go of all segments; the next read looks them up again.
    public mutating func release() {
        for slot in places.indices { places[slot].lease = nil }
    }

    private mutating func leased(_ offset: Offset, _ sizeMax: Int) -> PinnedBatches? {
        let current = published.generation.load(ordering: .acquiring)
        let isSettled = current == generation
        if !isSettled { look(at: current) }
        guard offset >= ends.start, offset < reader.end(of: ends, through: visibility),
            !published.damage.hasFences,
            let slot = lastSlot(in: places.count, where: { places[$0].base <= offset.rawValue })
        else { return nil }
        if let lease = places[slot].lease, lease.holds(generation) {
            return lease.read(from: offset, sizeMax: sizeMax)
        }
        places[slot].lease = nil
        // Beside a writer each read would make a lease, and none would serve twice.
        guard isSettled, places[slot].isWithoutSince != generation else { return nil }
        guard
            let lease = SegmentLease(
                places[slot].segment, through: visibility, generation: generation)
        else {
            places[slot].isWithoutSince = generation
            return nil
        }
        places[slot].lease = lease
        return lease.read(from: offset, sizeMax: sizeMax)
    }

    private mutating func look(at current: Int) {
        let state = published.snapshot
        generation = current
        ends = state.ends
        guard state.shape != shape else { return }
        var kept: [ObjectIdentifier: Place] = [:]
        for place in places { kept[ObjectIdentifier(place.segment)] = place }
        shape = state.shape
        places = state.segments.map { segment in
            kept[ObjectIdentifier(segment)]
                ?? Place(base: segment.baseOffset.rawValue, segment: segment)
        }
    }
}

extension LogReader {
    /// A session of one thread, for many small reads.
    public func session(through visibility: Visibility? = nil) -> ReadSession {
        ReadSession(self, through: visibility ?? self.visibility)
    }
}
