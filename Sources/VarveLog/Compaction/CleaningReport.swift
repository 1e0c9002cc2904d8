public import VarveTerms

/// Why a log is not to be compacted as it is.
public enum CleaningRefusal: Hashable, Sendable {
    /// It has batches of a format that is not rewritten.
    case oldFormat(magic: Int8, segment: String)
    /// It has a record without a key, and the settings say that there must be none.
    case keylessRecord(Offset)
    /// Somebody cleans it already.
    case busy
}

extension CleaningRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .oldFormat(let magic, let segment):
            "\(segment) has batches of format \(magic), which are read but not rewritten"
        case .keylessRecord(let offset):
            "the record at offset \(offset) has no key, so compaction would delete it; "
                + "was the log meant to be compacted?"
        case .busy: "it is being compacted already"
        }
    }
}

/// Limits to a cleaning that others than the log know of.
public struct CleaningLimits: Hashable, Sendable {
    /// Only records before this offset are cleaned; for a replica, its high watermark. Nil for the
    /// flushed end.
    public var end: Offset?
    /// Tombstones and markers are removed only before this offset. Where a log has replicas, the
    /// least offset up to which every one of them is cleaned: a replica that was away for longer
    /// than the delete retention would otherwise keep for good what the tombstone deleted. Nil for
    /// no such limit.
    public var removableBefore: Offset?

    public init(end: Offset? = nil, removableBefore: Offset? = nil) {
        self.end = end
        self.removableBefore = removableBefore
    }
}

/// What a cleaning found and did.
public struct CleaningReport: Hashable, Sendable {
    /// How it ended.
    public var ending = Ending.done
    /// The offsets whose keys were looked at.
    public var dirty: Range<Offset>
    /// The offset before which the log is clean now.
    public var cleanEnd: Offset
    /// The first offset that could not be cleaned: from there on segments take appends, are too
    /// young, or hold transactions that are open.
    public var firstUncleanable: Offset
    /// How many keys the map held.
    public var keyCount = 0
    /// Bytes of the segments that were gone through, and of what took their place.
    public var sizeBefore = ByteCount.zero
    public var sizeAfter = ByteCount.zero
    /// How many segments those were before and after.
    public var segmentsBefore = 0
    public var segmentsAfter = 0
    public var tally = CleaningTally()

    public enum Ending: Hashable, Sendable {
        /// Everything up to `cleanEnd` was gone through.
        case done
        /// There was nothing that could be cleaned.
        case nothingToClean
        /// The map was full: another cleaning goes on from `cleanEnd`.
        case mapFull
        /// The log was cut while it was cleaned; what was replaced by then stays replaced.
        case overtaken
        /// Damage stands in the way. Segments before it are clean, nothing behind it was touched.
        case damaged(CorruptRange)
    }
}

/// How far a cleaning is.
public struct CleaningProgress: Hashable, Sendable {
    public enum Stage: Hashable, Sendable {
        /// Looks for transactions, from header to header.
        case surveying
        /// Reads the keys of dirty records.
        case mapping
        /// Writes what stays.
        case rewriting
    }

    public var stage: Stage
    /// Bytes that this stage has gone through, and that it goes through in all.
    public var done: ByteCount
    public var total: ByteCount
    /// Bytes that were read and written since the step before, for whoever limits them.
    public var moved: ByteCount
}
