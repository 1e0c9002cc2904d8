public import VarveTerms

/// What a repair found in one log, and what became of it.
public struct RepairReport: Hashable, Sendable {
    /// The log's folder.
    public var path: String
    /// What was damaged or missing, in order.
    public var places: [Place] = []
    /// Donors that could not be used, and why.
    public var refusedDonors: [String] = []
    /// Whether it was stopped before everything was looked at; nothing was written then.
    public var isStopped = false

    public init(path: String) { self.path = path }

    /// One damaged or missing range.
    public struct Place: Hashable, Sendable {
        /// The base offset of the segment that it is in, or that comes before it.
        public var segment: Offset
        /// The bytes in the segment's file; empty where records are missing.
        public var positions: Range<FilePosition>
        public var offsets: Range<Offset>
        public var reason: String
        /// What came back, or would.
        public var repaired: [Range<Offset>]
        /// What stays lost: no donor has it.
        public var left: [Range<Offset>]
        /// The donors' files that it came from.
        public var sources: [String]
        /// Why some donor was not believed here.
        public var refusals: [String]
    }

    /// Whether nothing is damaged, or everything came back.
    public var isWhole: Bool {
        !isStopped && places.allSatisfy { $0.left.isEmpty && !$0.repaired.isEmpty }
    }

    /// Whether there is, or was, anything to repair.
    public var hasRepairs: Bool { places.contains { !$0.repaired.isEmpty } }
}
