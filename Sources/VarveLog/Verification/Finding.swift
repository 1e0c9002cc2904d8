public import VarveRecords
public import VarveTerms

/// Something that verification found out of order, with the place, and what to do about it.
public struct Finding: Hashable, Sendable {
    /// The file, or the folder, that it is about.
    public var path: String
    /// The bytes that it is about, where it is about bytes.
    public var positions: Range<FilePosition>?
    /// The records that it is about, where it is about records.
    public var offsets: Range<Offset>?
    public var problem: Problem

    public init(
        _ problem: Problem, in path: String, at positions: Range<FilePosition>? = nil,
        offsets: Range<Offset>? = nil
    ) {
        self.path = path
        self.positions = positions
        self.offsets = offsets
        self.problem = problem
    }

    /// How much it matters.
    public enum Severity: String, Hashable, Sendable, CaseIterable {
        /// Records are lost, or cannot be read, or may be.
        case damage
        /// What can be made anew from the records is wrong.
        case index
        /// Worth knowing; nothing is wrong with the log.
        case note
    }

    public enum Problem: Hashable, Sendable {
        // Damage.
        /// Bytes that are no whole batch, in the middle of a log.
        case brokenBatch(BatchDefect)
        /// Bytes behind the last whole batch, at the end of the last segment.
        case tornTail(BatchDefect)
        /// The batch's frame is right and its records are not.
        case brokenRecords(BatchDefect)
        /// Offsets that no batch has, in a log that was not compacted there.
        case missingOffsets
        /// A batch that starts before the one that it follows ends.
        case offsetOrder(expected: Offset, found: Offset)
        /// A batch whose leader epoch is lower than that of one before it.
        case epochOrder(LeaderEpoch, after: LeaderEpoch)
        /// A batch whose leader epoch is no epoch, and not the −1 that stands for none.
        case epochUnlawful(Int32)
        /// A segment that starts before the one that it follows ends.
        case overlap(end: Offset)
        /// The log ends before what was recorded as flushed.
        case shorterThanFlushed(flushed: Offset, end: Offset)
        /// The directory's mark says that it was closed in order, and the log was not.
        case notClosedCleanly(String)
        /// A file that the directory or the log cannot do without cannot be understood.
        case unreadableText(String)
        /// A file is not what it was when the directory was closed, or is gone.
        case notAsClosed(String)
        /// Bytes of the commit ring that are not what was written there.
        case ringDamaged

        // Indexes.
        case missingIndex
        case indexSize(Int, entrySize: Int)
        /// Entries from this one on are wrong; how many are.
        case indexEntry(slot: Int, String, wrong: Int)
        /// The index ends long before its segment does, or lacks the entry that closes it.
        case indexIncomplete(String)
        /// The leader-epoch checkpoint says another epoch than a batch.
        case epochCheckpoint(batch: LeaderEpoch, checkpoint: LeaderEpoch?)
        case snapshot(String)
        case transactionIndex(String)
        /// What is recorded of a segment's batches cannot be believed, in whole or in part.
        case sidecar(String)
        /// A checkpoint's row that cannot be true.
        case checkpointRow(String)

        // Notes.
        /// A file of no segment, or of one that is on its way in or out.
        case stray(String)
        /// Space behind an index's entries that was never trimmed.
        case untrimmedIndex
        /// Zeros behind the last batch of a log that is open, or was not closed.
        case writtenAhead
        /// Offsets that no batch has, where compaction may have left the gap.
        case gap
        /// Flushes that logs shared and that their own files may lack; of how many logs, how much.
        case ringNotDrained(frames: Int, logs: Int, ByteCount)
        case note(String)
    }

    public var severity: Severity {
        switch problem {
        case .brokenBatch, .tornTail, .brokenRecords, .missingOffsets, .offsetOrder, .epochOrder,
            .epochUnlawful, .overlap, .shorterThanFlushed, .notClosedCleanly, .unreadableText,
            .notAsClosed, .ringDamaged:
            .damage
        case .missingIndex, .indexSize, .indexEntry, .indexIncomplete, .epochCheckpoint, .snapshot,
            .transactionIndex, .checkpointRow, .sidecar:
            .index
        case .stray, .untrimmedIndex, .writtenAhead, .gap, .ringNotDrained, .note: .note
        }
    }
}

extension Finding: CustomStringConvertible {
    /// One line: what is wrong, and where.
    public var description: String {
        var text = path
        if let positions {
            text += ", bytes \(positions.lowerBound)..<\(positions.upperBound)"
        }
        if let offsets, let last = offsets.last {
            text +=
                last == offsets.lowerBound
                ? ", offset \(last)" : ", offsets \(offsets.lowerBound) to \(last)"
        }
        return text + ": \(problem)"
    }
}

extension Range<Offset> {
    /// The last offset in the range; nil when it is empty.
    var last: Offset? { isEmpty ? nil : Offset(upperBound.rawValue - 1) }
}

extension Finding.Problem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .brokenBatch(let defect): "no whole batch: \(defect)"
        case .tornTail(let defect): "a torn tail: \(defect)"
        case .brokenRecords(let defect): "the records of the batch are malformed: \(defect)"
        case .missingOffsets: "no batch has these offsets"
        case .offsetOrder(let expected, let found):
            "a batch starts at offset \(found), the one before it ends with \(expected)"
        case .epochOrder(let epoch, let last):
            "the batch has leader epoch \(epoch), one before it has \(last)"
        case .epochUnlawful(let number): "the batch has leader epoch \(number)"
        case .overlap(let end): "the segment starts before the one before it ends, at \(end)"
        case .shorterThanFlushed(let flushed, let end):
            "the log ends at \(end), but was flushed up to \(flushed)"
        case .notClosedCleanly(let reason):
            "the directory is marked as closed cleanly, but \(reason)"
        case .unreadableText(let reason): "cannot be understood: \(reason)"
        case .missingIndex: "the index is missing"
        case .indexSize(let size, let entry): "\(size) bytes are no multiple of \(entry)"
        case .indexEntry(let slot, let reason, let wrong):
            "entry \(slot) \(reason)" + (wrong > 1 ? "; \(wrong) entries are wrong" : "")
        case .indexIncomplete(let reason): reason
        case .epochCheckpoint(let batch, let checkpoint):
            "a batch has leader epoch \(batch), the checkpoint says "
                + (checkpoint.map { "\($0)" } ?? "none")
        case .snapshot(let reason), .transactionIndex(let reason), .checkpointRow(let reason),
            .stray(let reason), .sidecar(let reason), .note(let reason):
            reason
        case .notAsClosed(let reason): "not as the directory was closed: \(reason)"
        case .untrimmedIndex: "zeros follow the entries: the segment was not closed"
        case .writtenAhead: "zeros follow the last batch: space that was written ahead of it"
        case .gap: "no batch has these offsets; compaction leaves such gaps"
        case .ringDamaged:
            "the commit ring is damaged: what stood there is lost, unless the logs' files have it"
        case .ringNotDrained(let frames, let logs, let size):
            "\(frames) shared flushes, \(size) bytes of \(logs) logs, which their files may lack"
        }
    }

    /// What to do about it; nil when there is nothing to do.
    public var advice: String? {
        switch self {
        case .brokenBatch, .brokenRecords, .missingOffsets, .overlap, .offsetOrder, .epochOrder,
            .epochUnlawful:
            "restore these records from a replica or a backup; the rest stays readable"
        case .tornTail: "'varve recover' cuts it off and reports what was in it"
        case .shorterThanFlushed:
            "restore the missing records from a replica or a backup; "
                + "'varve recover' keeps their offsets free"
        case .notClosedCleanly: "delete .kafka_cleanshutdown, then run 'varve recover'"
        case .unreadableText, .notAsClosed: "restore the file from a backup"
        case .sidecar: "opening the log makes it anew, from where it can be believed"
        case .missingIndex, .indexSize, .indexEntry, .indexIncomplete:
            "delete the index; opening the log makes it anew"
        case .epochCheckpoint: "delete leader-epoch-checkpoint; opening the log makes it anew"
        case .snapshot: "delete the snapshot; it is made anew from an older one"
        case .checkpointRow: "opening the log sets it right"
        case .stray: "opening the log removes it"
        case .untrimmedIndex, .writtenAhead: "opening and closing the log trims it"
        case .ringDamaged: "'varve recover' puts back the rest, and names what is missing"
        case .ringNotDrained: "opening the directory puts them into the logs' files"
        case .gap, .note, .transactionIndex: nil
        }
    }
}
