/// One workload that Varve and other stores take turns at, in every round of one run.
public struct Contest: Sendable {
    /// A dotted name, by which it is chosen: `durable.16`.
    public let name: String
    /// What each of them does, in one line.
    public let measures: String
    /// The benchmarks of the catalogue whose subjects take part.
    let subjects: [String]
    let peers: [Peer]
    let make: @Sendable (PeerHarness, Peer) throws -> PeerSide

    init(
        _ name: String, _ measures: String, _ subjects: [String], per peers: [Peer],
        _ make: @escaping @Sendable (PeerHarness, Peer) throws -> PeerSide
    ) {
        (self.name, self.measures, self.subjects) = (name, measures, subjects)
        (self.peers, self.make) = (peers, make)
    }
}

/// What a subject of Varve and another store came to in the same rounds.
public struct ContestResult: Sendable {
    public let contest: String
    public let peer: Peer
    /// The store's name and version, as its harness told it.
    public let program: String
    /// The other store is the reference.
    public let result: BenchResult
}

/// What became of a contest: a store that failed does not keep the others back.
public struct ContestOutcome: Sendable {
    public var results: [ContestResult] = []
    /// Why a store has no figure.
    public var failures: [(peer: Peer, reason: String)] = []
}
