/// The zeros that stand behind the batches of the active segment's file. Pure: it decides how many
/// there are to be, and touches no file.
///
///     │ batches ───────────┤ zeros ─────────┤ end of the file
///     0                   size             end
///
/// A flush that finds the blocks of its bytes written before has no block to allocate and no length
/// to record, and takes half the time of one that makes the file longer
/// (docs/decisions/0014-prewriting.md). So every now and then an append writes zeros behind its
/// batches, which its own flush takes along, and the many appends that follow overwrite them.
///
/// *Invariant*: what stands behind the batches is zeros, never bytes of an older life of the file.
struct PrewrittenSpace: Hashable, Sendable {
    /// Where the file may end at the most; not before the batches do.
    private(set) var end: Int

    /// A file that ends with its batches.
    init(size: Int) { end = size }

    /// Bytes that a log must have taken before the first zeros: one that takes few in its life pays
    /// for none.
    static let isWorthwhileFrom = 64 << 10
    /// The most that one flush makes durable where zeros are written. With more of it, writing
    /// everything twice costs as much as a longer file does.
    static let flushSizeMax = 128 << 10
    /// Zeros end where a page does.
    private static let pageSize = 4096

    /// How many zeros an append is to leave behind it when it has used up those that are there.
    ///
    /// - Parameters:
    ///   - appended: bytes that the log has taken since it was opened: never more zeros than that,
    ///     so that many logs with few records do not fill a disk.
    ///   - flush: how many bytes the next flush has to make durable, those of the append included.
    ///   - most: what the log's settings allow.
    static func step(appended: Int, flush: Int, most: Int) -> Int {
        guard appended >= min(most, isWorthwhileFrom), flush <= flushSizeMax else { return 0 }
        return min(most, appended)
    }

    /// Where zeros are to end behind batches that end at `size`; nil when none are to be written.
    /// - Parameter sizeMax: how large the segment gets.
    func next(behind size: Int, step: Int, sizeMax: Int) -> Int? {
        guard step > 0, size > end, size < sizeMax else { return nil }
        let target = size + step
        let aligned = target - target % Self.pageSize
        return min(aligned > size ? aligned : target, sizeMax)
    }

    /// Takes note that the file may reach to `position`.
    mutating func didReach(_ position: Int) { end = max(end, position) }

    /// Takes note that the file ends at `size` for sure.
    mutating func didCut(to size: Int) { end = size }
}
