/// What a cleaning did with the batches and records that it went through.
public struct CleaningTally: Hashable, Sendable {
    /// Records that stay.
    public var recordsKept: Int64 = 0
    /// Records of whose key a later one was there.
    public var recordsSuperseded: Int64 = 0
    /// Records of aborted transactions.
    public var recordsAborted: Int64 = 0
    /// Records without a key.
    public var recordsKeyless: Int64 = 0
    /// Tombstones that stay, those among `recordsKept`.
    public var tombstonesKept: Int64 = 0
    /// Tombstones that were kept long enough.
    public var tombstonesExpired: Int64 = 0
    /// Markers that stay, and markers of emptied transactions that went.
    public var markersKept: Int64 = 0
    public var markersDropped: Int64 = 0
    /// Batches that stay as they were, byte by byte.
    public var batchesVerbatim: Int64 = 0
    /// Batches that were made anew from what stays of them.
    public var batchesRebuilt: Int64 = 0
    /// Batches of which the header stays, for its offsets or its producer's sequence number.
    public var batchesEmptied: Int64 = 0
    public var batchesDropped: Int64 = 0
    /// Batches that should have lost records, but cannot be made anew: they stay whole.
    public var batchesUnwieldy: Int64 = 0

    public init() {}

    /// Records that went, for whatever reason.
    public var recordsDropped: Int64 {
        recordsSuperseded + recordsAborted + recordsKeyless + tombstonesExpired
    }

    mutating func count(_ fate: RecordFate, isTombstone: Bool) {
        switch fate {
        case .kept:
            recordsKept += 1
            if isTombstone { tombstonesKept += 1 }
        case .superseded: recordsSuperseded += 1
        case .expired: tombstonesExpired += 1
        case .keyless: recordsKeyless += 1
        case .aborted: recordsAborted += 1
        }
    }
}
