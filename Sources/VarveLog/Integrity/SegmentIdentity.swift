internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Whose log it is: what makes equal bytes in two logs different to their sidecars.
struct LogIdentity: Hashable, Sendable {
    /// Zero when the log has none.
    var topicID: UniqueID
    var partition: Int32

    init(topicID: UniqueID?, partition: Int32) {
        self.topicID = topicID ?? .zero
        self.partition = partition
    }
}

/// Which segment a sidecar speaks of.
struct SegmentIdentity: Hashable, Sendable {
    var log: LogIdentity
    var baseOffset: Offset

    /// What every check and chain of the sidecar starts from.
    var seed: UInt32 {
        var bytes = ByteBuffer(capacity: 64)
        append(to: &bytes)
        return CRC32C.checksum(bytes.bytes)
    }

    /// Appends the fields as they stand in the origin.
    func append(to buffer: inout ByteBuffer) {
        buffer.append(log.topicID.high)
        buffer.append(log.topicID.low)
        buffer.append(baseOffset.rawValue)
        buffer.append(log.partition)
    }
}

/// What a sidecar says of one batch.
struct SidecarEntry: Hashable, Sendable {
    /// Where the batch starts in the `.log`.
    var position: UInt32
    var check: UInt32

    init(position: UInt32, check: UInt32) {
        self.position = position
        self.check = check
    }

    /// - Precondition: eight bytes are there.
    init(_ bytes: RawSpan, at place: Int) {
        position = bytes.uint32(at: place + SidecarLayout.Entry.position.start)
        check = bytes.uint32(at: place + SidecarLayout.Entry.check.start)
    }

    /// The check of the batch that starts at `start` of `bytes` and at `position` of its file.
    ///
    /// The batch's own checksum is among the bytes, so the whole batch is bound. Position and seed
    /// are what the CRC continues from: equal headers at two places, or in two logs, differ surely.
    /// - Precondition: 21 bytes are there.
    static func check(of bytes: RawSpan, at start: Int, position: Int, seed: UInt32) -> UInt32 {
        CRC32C.checksum(
            bytes.extracting(start..<start + BatchLayout.checksummedFrom),
            continuing: seed ^ UInt32(truncatingIfNeeded: position))
    }
}
