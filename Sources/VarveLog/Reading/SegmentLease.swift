internal import Synchronization
internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// What one thread keeps of one segment from one read to the next: its mapping, its index and its
/// sidecar, looked up once and owned apart from those of other threads.
///
/// It only takes the short way, by index and sidecar to the batch. Whatever is in doubt is for
/// `LogReader` to decide.
///
/// *Invariant*: as long as it lives nothing below `end` is cut off (`Segment.withdraw`).
final class SegmentLease {
    private var walk: BatchWalk
    private let sidecar: SegmentSidecar
    private let sidecarChanges: Int
    private let index: MappedBytes
    private let indexSize: Int
    private let baseOffset: Int64
    /// What was published when it was last found to hold.
    private var generation: Int

    /// - Returns: nil where there is no short way.
    init?(_ segment: Segment, through visibility: Visibility, generation: Int) {
        guard segment.access == .mapped, let sidecar = segment.sidecar,
            let window = try? segment.window(at: 0, size: 0, through: visibility),
            let entries = try? segment.indexEntries(), let index = entries.bytes
        else { return nil }
        var changes = sidecar.changes.load(ordering: .acquiring)
        var check = sidecar.check()
        // The first look at a sidecar is a change of what is known of it.
        if sidecar.changes.load(ordering: .acquiring) != changes {
            changes = sidecar.changes.load(ordering: .acquiring)
            check = sidecar.check()
        }
        guard let check else { return nil }
        self.sidecar = sidecar
        self.generation = generation
        sidecarChanges = changes
        baseOffset = segment.baseOffset.rawValue
        (self.index, indexSize) = (index.apart(), entries.size)
        walk = BatchWalk(
            segment,
            in: SegmentWindow(bytes: window.bytes.apart(), start: 0, end: window.end),
            against: check.apart(), through: visibility)
    }

    /// Whether what it knows is what there is.
    /// - Parameter published: the generation of the log, in which a change of the segment shows.
    func holds(_ published: Int) -> Bool {
        guard sidecar.changes.load(ordering: .acquiring) == sidecarChanges else { return false }
        if generation == published { return true }
        let segment = walk.segment
        guard segment.visibleSize(through: walk.visibility) == walk.end,
            segment.offsetIndex.knownSize == indexSize
        else { return false }
        generation = published
        return true
    }

    /// Verified batches from the one that holds `offset` on, as many as fit.
    /// - Returns: nil when the short way does not lead there.
    func read(from offset: Offset, sizeMax: Int) -> PinnedBatches? {
        let index = index
        let entries = index.bytes(in: 0..<indexSize)
        let stretch = IndexedStretch(around: offset.rawValue - baseOffset, in: entries)
        guard let first = walk.leap(to: offset, in: stretch) else { return nil }
        return try? walk.gather(from: first, sizeMax: sizeMax, before: .max)
    }
}
