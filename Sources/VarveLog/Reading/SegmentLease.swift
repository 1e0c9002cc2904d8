internal import Synchronization
internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// What one reader keeps of one segment from one read to the next: its mapping, its index and its
/// sidecar, looked up once and owned apart from those of other threads.
///
/// It takes the short way, by index and sidecar to the batch, and walks only where the sidecar does
/// not reach yet. Whatever is in doubt is for `LogReader` to decide.
///
/// *Invariant*: as long as it lives nothing of the segment is cut off (`Segment.withdraw`).
final class SegmentLease {
    let segment: Segment
    private var walk: BatchWalk
    private let sidecar: SegmentSidecar?
    private var sidecarChanges: Int
    private let index: MappedBytes
    private let baseOffset: Int64

    /// What an index without entries has.
    private static let noEntries = MappedBytes.copying(size: 0) { _ in 0 }

    /// - Returns: nil where the segment is not mapped, or something of it cannot be read now.
    init?(_ segment: Segment) {
        guard segment.access == .mapped,
            let window = try? segment.window(at: 0, size: 0, through: .includingUnflushed),
            let entries = try? segment.indexEntries(),
            let standing = SidecarStanding(of: segment.sidecar)
        else { return nil }
        self.segment = segment
        sidecar = segment.sidecar
        sidecarChanges = standing.changes
        index = entries.bytes?.apart() ?? Self.noEntries
        baseOffset = segment.baseOffset.rawValue
        walk = BatchWalk(
            segment,
            in: SegmentWindow(bytes: window.bytes.apart(), start: 0, end: window.end),
            against: standing.check?.apart(), through: .flushed)
    }

    /// Verified batches from the one that holds `offset` on, as many as fit.
    /// - Parameter isOld: becomes true where another lease is to be made.
    /// - Returns: nil when the way through index and headers does not lead there.
    func read(
        from offset: Int64, sizeMax: Int, through visibility: Visibility, isOld: inout Bool
    ) -> PinnedBatches? {
        let indexSize = segment.offsetIndex.knownSize ?? .max
        guard indexSize <= index.count, knowsSidecar() else {
            isOld = true
            return nil
        }
        let index = index
        let entries = index.bytes(in: 0..<indexSize)
        let stretch = IndexedStretch(around: offset - baseOffset, in: entries)
        return walk.read(
            from: Offset(offset), in: stretch, to: segment.visibleSize(through: visibility),
            sizeMax: sizeMax, isOld: &isOld)
    }

    /// Whether batches are held against the sidecar as it is now.
    private func knowsSidecar() -> Bool {
        guard let sidecar, sidecar.changes.load(ordering: .acquiring) != sidecarChanges else {
            return true
        }
        guard let standing = SidecarStanding(of: sidecar) else { return false }
        sidecarChanges = standing.changes
        walk.hold(against: standing.check?.apart())
        return true
    }
}

extension BatchWalk {
    /// What a lease reads, all in one go: each use of what an object holds is watched.
    fileprivate mutating func read(
        from offset: Offset, in stretch: IndexedStretch, to end: Int, sizeMax: Int,
        isOld: inout Bool
    ) -> PinnedBatches? {
        guard see(to: end) else {
            isOld = true
            return nil
        }
        if let first = leap(to: offset, in: stretch) {
            return try? gather(from: first, sizeMax: sizeMax, before: .max)
        }
        guard let first = try? firstBatch(from: stretch.position, holding: offset),
            first.header.baseOffset <= offset.rawValue
        else { return nil }
        return try? gather(from: first, sizeMax: sizeMax, before: .max)
    }
}

/// What a sidecar has to hold batches against, until it changes.
private struct SidecarStanding {
    /// Nil where there is nothing.
    let check: SidecarCheck?
    let changes: Int

    /// - Returns: nil where that cannot be said now.
    init?(of sidecar: SegmentSidecar?) {
        guard let sidecar else {
            (check, changes) = (nil, 0)
            return
        }
        // Asked first: what changes while it is looked at is looked at again.
        changes = sidecar.changes.load(ordering: .acquiring)
        check = sidecar.check()
        guard check == nil else { return }
        // There is nothing in it, or it could not be read.
        guard let look = try? sidecar.look(), !look.isForeign,
            look.coverage.map({ $0.entryCount == 0 }) ?? true
        else { return nil }
    }
}
