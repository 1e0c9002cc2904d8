/// Why a batch whose own checksum holds is not the one that was written where it stands: what was
/// recorded beside it when it was written says so.
public enum IntegrityDefect: Hashable, Sendable {
    /// Another batch was written there: bits of its header flipped, or it is an older version of
    /// the place, or belongs elsewhere.
    case otherBatch(recorded: UInt32, computed: UInt32)
    /// No batch was written that starts there.
    case noBatchRecorded
    /// What was recorded beside it is of another log or another segment: one of the two files is
    /// not where it belongs.
    case otherSegment
}

extension IntegrityDefect: CustomStringConvertible {
    public var description: String {
        switch self {
        case .otherBatch(let recorded, let computed):
            "The batch is not the one that was written there: its check is \(computed), "
                + "\(recorded) was recorded."
        case .noBatchRecorded:
            "No batch was recorded that starts there."
        case .otherSegment:
            "What was recorded of the segment is of another one: "
                + "the file, or the one beside it, does not belong there."
        }
    }
}
