internal import VarveBytes
internal import VarveTerms

/// Where a sidecar comes from: of which segment it speaks, from where on, and since when.
struct SidecarOrigin: Hashable, Sendable {
    var identity: SegmentIdentity
    var manner: Manner
    /// The wall clock when the first entry was made.
    var since: Timestamp
    /// The first position that is covered.
    var start: UInt32

    /// How entries came about.
    enum Manner: Int16, Hashable, Sendable {
        /// Made of batches as they were written.
        case written = 0
        /// Made later of what the file held by then: what went wrong before was not noticed.
        case rebuilt = 1
    }

    init(_ identity: SegmentIdentity, _ manner: Manner, since: Timestamp, start: Int = 0) {
        self.identity = identity
        self.manner = manner
        self.since = since
        self.start = UInt32(clamping: start)
    }

    /// Reads block 0.
    /// - Returns: nil when the numbers are not lawful, or the block's seed is not of this identity:
    ///   what is gone on with under one of the two would be foreign to the other.
    init?(block bytes: RawSpan) {
        typealias Fields = SidecarLayout.Origin
        guard let base = Offset(exactly: bytes.int64(at: Fields.baseOffset.start)),
            let manner = Manner(rawValue: bytes.int16(at: Fields.manner.start))
        else { return nil }
        let topicID = UniqueID(
            high: bytes.uint64(at: Fields.topicID.start),
            low: bytes.uint64(at: Fields.topicID.start + 8))
        let log = LogIdentity(
            topicID: topicID, partition: bytes.int32(at: Fields.partition.start))
        identity = SegmentIdentity(log: log, baseOffset: base)
        guard identity.seed == bytes.uint32(at: SidecarLayout.seed.start) else { return nil }
        self.manner = manner
        since = Timestamp(milliseconds: bytes.int64(at: Fields.since.start))
        start = bytes.uint32(at: Fields.start.start)
    }

    /// Appends the bytes between header and entries of block 0.
    func print(into buffer: inout ByteBuffer) {
        let start = buffer.count
        identity.append(to: &buffer)
        buffer.append(manner.rawValue)
        buffer.append(Int16(0))
        buffer.append(since.milliseconds)
        buffer.append(self.start)
        let size = SidecarLayout.Origin.end - SidecarLayout.headerSize
        buffer.appendZeros(size - (buffer.count - start))
    }
}
