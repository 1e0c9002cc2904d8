internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// What stands behind the entries of an index that are in order.
enum IndexTail {
    case none
    /// Space that was never trimmed.
    case zeros
    /// The first of the entries behind is out of order.
    case disorder
    /// The file's length is no multiple of an entry's.
    case odd
}

/// The entries at the front of an index file that are in order, and what stands behind them.
struct IndexEntries<Entry> {
    private(set) var entries: [Entry] = []
    /// Nil when there is no file.
    private(set) var size: Int?
    private(set) var tail = IndexTail.none

    /// - Parameters:
    ///   - lawfulCount: how many entries at the front of the bytes are in order.
    ///   - entry: the entry in a slot of the bytes.
    init(
        _ path: String, entrySize: Int, in fileSystem: any FileSystem,
        lawfulCount: (RawSpan) -> Int, entry: (Int, RawSpan) -> Entry
    ) throws(LogError) {
        let bytes: [UInt8]?
        do {
            bytes = try WholeFile.load(path, sizeMax: Self.sizeMax, in: fileSystem)
        } catch {
            throw .checkpoint(error)
        }
        guard let bytes else { return }
        size = bytes.count
        let span = bytes.rawSpan
        let count = lawfulCount(span)
        entries.reserveCapacity(count)
        for slot in 0..<count { entries.append(entry(slot, span)) }
        let rest = bytes[(count * entrySize)...]
        if rest.isEmpty { return }
        if rest.allSatisfy({ $0 == 0 }) {
            tail = .zeros
        } else {
            tail = rest.count < entrySize ? .odd : .disorder
        }
    }

    /// More than any segment's index has: 2 GiB of the smallest batches, each with an entry.
    private static var sizeMax: ByteCount { .mib(512) }
}
