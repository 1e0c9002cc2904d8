internal import VarveTerms

/// A place of a log where records are damaged or missing, with the sound batches on both sides.
struct Wound {
    /// The segment in which it is; for missing records, the one before them.
    var segment: Offset
    /// The bytes that are no sound batch; empty where records are missing.
    var positions: Range<Int>
    /// The offsets that stood there.
    var offsets: Range<Offset>
    var reason: String
    /// The batches right before and right behind it.
    var before: FoundBatch?
    var after: FoundBatch?
    /// Whether nothing of its segment follows.
    var isAtEnd = false
}
