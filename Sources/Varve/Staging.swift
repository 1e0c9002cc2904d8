internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Appends that are collected for the next commit: whole batches with their offsets, one after the
/// other, and single records that are still to become a batch.
///
/// *Invariant*: the offsets in `bytes`, then those of `open`, follow each other without a gap.
struct Staging: ~Copyable, Sendable {
    /// Whole batches, stamped.
    private(set) var bytes = ByteBuffer(capacity: 4096)
    /// Where batches stand in `bytes` that the commit compresses before it writes them; in order.
    private(set) var uncompressed: [Range<Int>] = []
    /// Single records that came since the last whole batch.
    private var open = RecordBatchBuilder(capacity: 4096)
    /// How many submissions there are.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Bytes that wait here.
    var size: Int { bytes.count + (open.isEmpty ? 0 : open.estimatedSize.bytes) }

    /// Takes whole batches, which get their offsets from `start` on.
    /// - Precondition: `batches` are whole and their headers lawful.
    mutating func add(_ batches: RawSpan, from start: Offset, epoch: LeaderEpoch) {
        add([0..<batches.byteCount], of: batches, from: start, epoch: epoch)
    }

    /// Takes those of some whole batches that lie in `ranges`.
    mutating func add(
        _ ranges: [Range<Int>], of batches: RawSpan, from start: Offset, epoch: LeaderEpoch
    ) {
        sealOpen()
        let position = bytes.count
        for range in ranges { bytes.append(batches.extracting(range)) }
        var span = bytes.mutableBytes
        Self.stamp(&span, at: position, from: start, epoch: epoch)
        count += 1
    }

    private static func stamp(
        _ bytes: inout MutableRawSpan, at position: Int, from start: Offset, epoch: LeaderEpoch
    ) {
        var (position, next) = (position, start)
        while let header = BatchHeader(bytes.bytes, at: position) {
            BatchPatch.stamp(&bytes, at: position, baseOffset: next, leaderEpoch: epoch)
            next = next.advanced(by: Int64(header.lastOffsetDelta) + 1)
            position += header.sizeInBytes
        }
    }

    /// Takes one record at `offset` into the batch of single records.
    mutating func add(
        _ record: Record, now: Timestamp, at offset: Offset, settings: BatchSettings
    ) throws(BatchBuildError) {
        begin(at: offset, settings: settings)
        do throws(BatchBuildError) {
            if case .appended = try open.append(record, now: now) {
                count += 1
                return
            }
        } catch  where open.isEmpty {
            throw error
        } catch {
            // What does not go with the records before it may go alone: a time far from theirs.
        }
        sealOpen()
        begin(at: offset, settings: settings)
        guard case .appended = try open.append(record, now: now) else {
            preconditionFailure("an empty batch takes any record")
        }
        count += 1
    }

    private mutating func begin(at offset: Offset, settings: BatchSettings) {
        guard open.isEmpty else { return }
        var settings = settings
        settings.baseOffset = offset
        open.begin(settings)
    }

    /// Makes a whole batch of the single records.
    mutating func sealOpen() {
        guard !open.isEmpty else { return }
        let start = bytes.count
        Self.move(&open, to: &bytes)
        uncompressed.append(start..<bytes.count)
    }

    private static func move(_ open: inout RecordBatchBuilder, to bytes: inout ByteBuffer) {
        // Only an empty batch, or one with a codec, could fail; this is neither.
        guard (try? open.seal()) != nil else { preconditionFailure("a batch of records") }
        bytes.append(open.sealedBytes)
        open.begin()
    }

    mutating func removeAll() {
        bytes.removeAll()
        uncompressed.removeAll(keepingCapacity: true)
        open.begin()
        count = 0
    }
}
