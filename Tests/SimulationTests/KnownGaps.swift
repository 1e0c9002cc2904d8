/// What damage may do unseen. Each list is exact: a gap that is not on it fails the test, and so
/// does one that was closed. They may only shrink.
enum KnownGaps {
    static let truncations: Set<String> = []

    /// In a log that was closed every flip is seen.
    static let flips: Set<String> = []

    /// After a crash the sidecar of the last segment covers what it was flushed with, and no root
    /// vouches for the text files.
    static let flipsAfterCrash: Set<String> = [
        // Base offset and leader epoch precede the checksum of a batch. A flip in them leaves a
        // batch that is whole, under other offsets or another leader.
        ".log base offset: records are served that were not appended there",
        ".log base offset: acknowledged records are missing, and nothing says so",
        ".log leader epoch: records are served under another epoch",
        ".log leader epoch: the latest epoch is another one",
        // A digit that became another digit.
        "leader-epoch-checkpoint: the latest epoch is another one",
    ]
}
