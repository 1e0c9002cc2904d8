internal import VarveTerms

extension UpkeepReport {
    /// What a kind of work did since an earlier report, as one line; nil when that was nothing that
    /// an operator would want to know.
    func progress(of kind: UpkeepKind, since start: UpkeepReport) -> String? {
        switch kind {
        case .checkpoint: return nil
        case .recovery:
            let count = logsResumed - start.logsResumed
            return count > 0 ? "recovery: \(count) partitions can be written to again" : nil
        case .removal:
            let count = self[.removal].logCount - start[.removal].logCount
            return count > 0 ? "removal: the files of \(count) deleted logs are gone" : nil
        case .retention:
            let count = segmentsDeleted - start.segmentsDeleted
            return count > 0 ? "retention: \(count) segments deleted" : nil
        case .compaction:
            let before = sizeBeforeCompaction.bytes - start.sizeBeforeCompaction.bytes
            let after = sizeAfterCompaction.bytes - start.sizeAfterCompaction.bytes
            let count = recordsCompacted - start.recordsCompacted
            return before > 0
                ? "compaction: \(count) records taken out, \(after) bytes left of \(before)" : nil
        case .scrub:
            let size = sizeScrubbed.bytes - start.sizeScrubbed.bytes
            let count = damageFound - start.damageFound
            return size > 0 ? "scrub: \(size) bytes read, \(count) places of damage" : nil
        }
    }
}
