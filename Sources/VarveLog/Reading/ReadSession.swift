public import VarveTerms

/// Reads a log for one thread, and keeps what it looked up from one read to the next.
///
/// `LogReader.read` keeps that, too, in slots that threads take in turn, and for a few segments. A
/// session needs no slot and keeps all that it has read from. What it hands out is the same,
/// verified each time.
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
    private let visibility: Visibility
    private var leases = SegmentLeases()

    init(_ reader: LogReader, through visibility: Visibility) {
        self.reader = reader
        self.visibility = visibility
    }

    /// Reads as `LogReader.read` does.
    ///
    /// - Throws: what `LogReader.read` throws.
    /// - Complexity: O(log index) to find the batch, then the size of what is returned.
    public mutating func read(
        from offset: Offset, sizeMax: ByteCount = .mib(1)
    ) throws(LogError) -> ReadOutcome {
        let outcome = reader.readKept(from: offset, visibility) {
            leases.read(
                reader.published, from: offset, sizeMax: sizeMax.bytes, through: visibility)
        }
        if let outcome { return outcome }
        return try reader.look(from: offset, sizeMax: sizeMax, visibility, .uncommitted)
    }

    /// How many segments it holds.
    var leaseCount: Int { leases.count }

    /// Lets go of all segments; the next read looks them up again.
    public mutating func release() { leases.release() }
}

extension LogReader {
    /// A session of one thread, for many small reads.
    public func session(through visibility: Visibility? = nil) -> ReadSession {
        ReadSession(self, through: visibility ?? self.visibility)
    }
}
