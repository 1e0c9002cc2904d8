internal import VarveRecords
internal import VarveTerms

/// What becomes of one record in a cleaning.
enum RecordFate: Hashable, Sendable {
    case kept
    /// A later record has the same key.
    case superseded
    /// A tombstone that was kept as long as it must be.
    case expired
    /// Without a key no record is the latest of anything.
    case keyless
    /// Of a transaction that was aborted.
    case aborted
}

/// Which records stay. Pure: the decision table of compaction.
///
///     offset              key      latest of its key   value        fate
///     at or after the end any      any                 any          kept
///     before it           none     any                 any          keyless
///     before it           there    no                  any          superseded
///     before it           there    yes                 there        kept
///     before it           there    yes                 none         kept until past the horizon
///
/// *Source*: Kafka's cleaner, KIP-534 for the horizon.
struct RetentionRule: Hashable, Sendable {
    /// The offset up to which the map knows every key; exclusive.
    var mapEnd: Offset
    /// The wall clock.
    var now: Timestamp
    /// How long tombstones and markers stay after they were first seen by a cleaning.
    var deleteRetention: Duration
    /// Tombstones and markers from here on are kept whatever their horizon; nil for none.
    var removableBefore: Offset?

    /// - Parameters:
    ///   - latest: the latest offset that the map has for the record's key; nil for none.
    ///   - horizon: the delete horizon of the record's batch; nil when it has none yet.
    func fate(
        at offset: Offset, hasKey: Bool, hasValue: Bool, latest: Offset?, horizon: Timestamp?
    ) -> RecordFate {
        guard offset < mapEnd else { return .kept }
        guard hasKey else { return .keyless }
        if let latest, latest > offset { return .superseded }
        #if VARVE_PLANTED_BUGS
            if PlantedBug.tombstoneDroppedEarly.isPlanted, !hasValue { return .expired }
        #endif
        guard !hasValue, isPast(horizon), isRemovable(offset) else { return .kept }
        return .expired
    }

    /// Whether the marker of a transaction of which nothing else is left may go.
    func mayDropMarker(at offset: Offset, horizon: Timestamp?) -> Bool {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.markerDroppedEarly.isPlanted { return true }
        #endif
        return isPast(horizon) && isRemovable(offset)
    }

    /// The horizon to write into a batch that holds a tombstone, or the marker of an emptied
    /// transaction; nil when the one that it has may stay.
    ///
    /// One that lies further ahead than the retention was set by a clock that was wrong, or under
    /// a longer retention; it would keep the record for too long.
    func newHorizon(replacing horizon: Timestamp?) -> Timestamp? {
        let fresh = now.advanced(by: deleteRetention)
        if let horizon, horizon <= fresh { return nil }
        return fresh
    }

    private func isPast(_ horizon: Timestamp?) -> Bool { horizon.map { $0 <= now } ?? false }

    private func isRemovable(_ offset: Offset) -> Bool {
        removableBefore.map { offset < $0 } ?? true
    }
}

extension Timestamp {
    /// This time and `duration`, at most the last one that there is.
    func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return Timestamp(milliseconds: .max) }
        let (sum, passes) = milliseconds.addingReportingOverflow(
            whole + attoseconds / 1_000_000_000_000_000)
        return Timestamp(milliseconds: passes ? .max : sum)
    }
}
