#if VARVE_PLANTED_BUGS

    /// A bug that stands in the code only in builds with `-DVARVE_PLANTED_BUGS`, and bites only
    /// when the environment names it: `VARVE_PLANTED_BUG=no-flush`. The tests must find each.
    ///
    /// One build serves all of them. Ordinary builds hold neither this type nor the places that ask
    /// for it. *Source*: docs/internals/mutations.md, whose table a test holds against these cases.
    public enum PlantedBug: String, CaseIterable, Sendable {
        // Flushing.
        case noFlush = "no-flush"
        case noDirectoryFlushOnCreate = "no-directory-flush-on-create"
        case noDirectoryFlushOnRename = "no-directory-flush-on-rename"
        case acknowledgedBeforeFlush = "acknowledged-before-flush"
        case sharedAcknowledgesWritten = "shared-acknowledges-written"
        case flushErrorIgnored = "flush-error-ignored"
        case besideTakesAll = "beside-takes-all"
        case flushRetried = "flush-retried"
        case poisonForgotten = "poison-forgotten"
        case sealedSegmentNotFlushed = "sealed-segment-not-flushed"
        case recoveredTailNotFlushed = "recovered-tail-not-flushed"
        case shortWriteBelieved = "short-write-believed"
        case failedWriteLeft = "failed-write-left"

        // What is told to the next opening.
        case recoveryPointAhead = "recovery-point-ahead"
        case cleanMarkerFirst = "clean-marker-first"
        case endsSlotKept = "ends-slot-kept"
        case endsNameNotFlushed = "ends-name-not-flushed"
        case endsNotLowered = "ends-not-lowered"
        case epochsNotStored = "epochs-not-stored"
        case startNotStored = "start-not-stored"
        case startPastFlushedEnd = "start-past-flushed-end"

        // Recovery and cutting.
        case truncatedBelowFlushed = "truncated-below-flushed"
        case tornTailKept = "torn-tail-kept"
        case poisonNotSettled = "poison-not-settled"
        case epochCacheKept = "epoch-cache-kept"
        case snapshotAboveCutKept = "snapshot-above-cut-kept"

        // Reading and writing.
        case indexTrusted = "index-trusted"
        case indexPositionWrong = "index-position-wrong"
        case timeEntryOffsetWrong = "time-entry-offset-wrong"
        case checksumNotChecked = "checksum-not-checked"
        case offsetNotStamped = "offset-not-stamped"
        case unflushedShown = "unflushed-shown"
        case budgetIgnored = "budget-ignored"

        // Producers and transactions.
        case duplicateAccepted = "duplicate-accepted"
        case staleEpochAccepted = "stale-epoch-accepted"
        case producersForgotten = "producers-forgotten"
        case abortedListEmpty = "aborted-list-empty"
        case lastStableIsEnd = "last-stable-is-end"

        // Compaction.
        case swapNotCompleted = "swap-not-completed"
        case cleanedNotFlushed = "cleaned-not-flushed"
        case tombstoneDroppedEarly = "tombstone-dropped-early"
        case markerDroppedEarly = "marker-dropped-early"

        // Sidecars and the root.
        case staleSectorAccepted = "stale-sector-accepted"
        case sidecarNotCut = "sidecar-not-cut"
        case rootNotChecked = "root-not-checked"
        case staleSidecarsKept = "stale-sidecars-kept"
        case sealedIndexNotChecked = "sealed-index-not-checked"

        // The commit ring, and zeros written ahead.
        case ringNotFlushed = "ring-not-flushed"
        case ringNotVoided = "ring-not-voided"
        case ringVoidedEarly = "ring-voided-early"
        case ringNotReplayed = "ring-not-replayed"
        case staleFrameAccepted = "stale-frame-accepted"
        case zerosNotTrimmed = "zeros-not-trimmed"

        // Quarantine and repair.
        case quarantineIgnored = "quarantine-ignored"
        case fenceKept = "fence-kept"
        case donorNotChecked = "donor-not-checked"
        case firstDonorWins = "first-donor-wins"
        case changedDonorBelieved = "changed-donor-believed"

        /// Whether this is the bug that the environment names.
        public var isPlanted: Bool { self == Self.selected }

        /// The bug that the environment names; nil when it names none.
        public static let selected: PlantedBug? = {
            guard let text = unsafe environmentValue("VARVE_PLANTED_BUG") else { return nil }
            let name = unsafe String(cString: text)
            if name.isEmpty { return nil }
            guard let bug = PlantedBug(rawValue: name) else {
                fatalError("VARVE_PLANTED_BUG names no planted bug: \(name)")
            }
            return bug
        }()
    }

    /// getenv(3); this module imports no C library.
    @_silgen_name("getenv")
    private func environmentValue(_ name: UnsafePointer<CChar>) -> UnsafePointer<CChar>?

#endif
