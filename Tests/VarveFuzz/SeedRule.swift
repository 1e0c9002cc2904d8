public import VarveRecords

/// Which parts of the fixtures are good inputs of a target.
public enum SeedRule: Hashable, Sendable {
    /// Whole files whose names end in one of these.
    case files([String])
    /// The batches of `.log` files.
    case batches
    /// The compressed record areas of batches in that codec.
    case bodies(Codec)
    /// Keys and values of control records.
    case controlRecords
    /// Names of files and folders.
    case names
    /// Content of `varve.ends`, made here: fixtures are Kafka's.
    case ends
    /// Sidecars of segments behind a byte of flags, written here.
    case sidecars
    /// Content of `varve.integrity`, written here.
    case roots
    /// Content of a commit ring, written here.
    case rings
    /// Content of `varve.quarantine`, made here.
    case quarantines
    /// Content of `varve.scrub`, made here.
    case scrubMarks
    /// Frames of requests that Kafka's own classes encoded, without their size.
    case requests
    /// Messages that Kafka's own classes encoded, each behind its place among all types.
    case messages
    /// Requests of one API that Kafka was sent, and those that its own classes encoded.
    case requestsOf(Int16)
    /// All bytes of connections.
    case streams
    /// Whole log folders in a `FolderArchive`.
    case folders
}
