internal import VarveSystem
public import VarveTerms

extension DataDirectory {
    /// The logs that were compacted before and are still here, in order of name.
    public func compactedLogNames() throws(LogError) -> [LogName] {
        try logNames().filter { checkpoints.compacted(of: $0) != nil }
    }

    /// The open log that most needs cleaning: of those with the policy to be compacted the one that
    /// is overdue, or else the dirtiest.
    ///
    /// - Parameter now: the wall clock.
    /// - Returns: nil when none is worth it. A log in which damage stands in the way, or somebody
    ///   cleans already, is not.
    public func dirtiestLog(now: Timestamp) throws(LogError) -> Log? {
        try checkOpen()
        var best: (log: Log, found: Cleanability)?
        for log in openLogs.values where log.settings.cleanupPolicy.contains(.compact) {
            // A log that takes no calls any more keeps nobody from cleaning the others.
            guard (try? log.isWorthCleaning(now: now)) == true,
                let found = try? log.cleanability(now: now)
            else { continue }
            if best.map({ found.isMoreUrgent(than: $0.found) }) ?? true { best = (log, found) }
        }
        return best?.log
    }
}

extension Cleanability {
    fileprivate func isMoreUrgent(than other: Cleanability) -> Bool {
        guard isOverdue == other.isOverdue else { return isOverdue }
        return dirtyRatio > other.dirtyRatio
    }
}
