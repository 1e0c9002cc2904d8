public import VarveRecords
public import VarveTerms

/// What opening a log found and did. A log that was closed cleanly and is whole has an empty one.
public struct RecoveryReport: Hashable, Sendable {
    /// The log's folder.
    public var path: String
    /// The offset below which everything was known to be flushed.
    public var knownFlushed: Offset
    /// Bytes of segments that were read to find the log's end.
    public var scannedSize = ByteCount.zero
    /// The log end offset that was found.
    public var endOffset: Offset
    /// What was cut off the end.
    public var cut: Cut?
    /// Zeros behind the last batch that were given back: space that was written ahead of it.
    public var trimmedSize = ByteCount.zero
    /// Damage below the known-flushed offset: kept, fenced, never served.
    public var damaged: [CorruptRange] = []
    /// Offsets between two segments that no batch has; compaction leaves such gaps.
    public var gaps: [Range<Offset>] = []
    /// Segments whose indexes were made anew, and why.
    public var rebuiltIndexes: [RebuiltIndex] = []
    /// Offsets of producer snapshots that were not to be believed and were removed.
    public var removedSnapshots: [Offset] = []
    /// Whether the leader epochs had to be collected from the batches.
    public var rebuiltEpochs = false
    /// Segments that compaction had written, and that took the place of others now.
    public var completedReplacements: [Offset] = []
    /// Files that belong to no segment and were removed.
    public var removedFiles: [String] = []
    /// What the files are not that they were when the log was closed, and sidecars that cannot be
    /// believed. Notes say since when a segment is covered.
    public var integrity: [Finding] = []

    public init(path: String, knownFlushed: Offset, endOffset: Offset) {
        self.path = path
        self.knownFlushed = knownFlushed
        self.endOffset = endOffset
    }

    /// A tail that was cut off.
    public struct Cut: Hashable, Sendable {
        /// The segment in which the log now ends.
        public var path: String
        /// Where its good bytes end.
        public var position: FilePosition
        /// Why the bytes there were not kept.
        public var reason: Reason
        /// Bytes cut off, in this and in later segments.
        public var size: ByteCount
        /// Whole, good batches among them, and the records that those count.
        public var batches: Int
        public var records: RecordCount
        /// Later segments that went whole.
        public var removedSegments: [Offset]
        /// Whether what was cut may have been acknowledged.
        public var standing: Standing
    }

    /// Why a tail was cut off.
    public enum Reason: Hashable, Sendable {
        /// The first of the bytes are no batch, or none that may follow.
        case defect(BatchDefect)
        /// A flush had failed, and what the disk holds above the last good one is unknown.
        case failedFlush
    }

    /// Whether bytes that were cut may have been acknowledged.
    public enum Standing: Hashable, Sendable {
        /// The owner's last word, from this start of the system, ends below them.
        case neverAcknowledged
        /// Nothing proves that they were not; the offsets that they may have had.
        case possiblyAcknowledged(Range<Offset>)

        func extended(to end: Offset) -> Standing {
            guard case .possiblyAcknowledged(let offsets) = self else { return self }
            return .possiblyAcknowledged(offsets.lowerBound..<max(offsets.upperBound, end))
        }
    }

    /// An index that was made anew.
    public struct RebuiltIndex: Hashable, Sendable {
        public var segment: Offset
        public var reason: String
    }

    /// Whether anything was out of order.
    public var isClean: Bool {
        cut == nil && damaged.isEmpty && rebuiltIndexes.isEmpty && !rebuiltEpochs
            && removedFiles.isEmpty && removedSnapshots.isEmpty
            && completedReplacements.isEmpty && integrity.allSatisfy { $0.severity == .note }
    }
}
