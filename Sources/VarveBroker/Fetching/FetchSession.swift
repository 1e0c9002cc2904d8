internal import VarveTerms
internal import VarveWire

/// What one client fetches again and again, and what it was last told of each partition, so that
/// neither side repeats itself.
///
/// *Invariants*: `places` has a row for each entry that is there, and no other; a gap is an entry
/// that was removed or moved to the end.
/// *Source*: KIP-227.
struct FetchSession: Sendable {
    private struct Entry {
        var fetch: PartitionFetch
        /// Both −1 until the client was told, and the high watermark again after an error, so that
        /// it is told when the error is gone.
        var highWatermark: Int64
        var logStartOffset: Int64
    }

    /// Topics are named by their ids in every request of the session, or in none.
    let usesIDs: Bool
    /// Whether it is a replica's: those keep their place before clients.
    let isPrivileged: Bool
    let created: Instant
    var lastUsed: Instant
    /// What the next request has to carry.
    private(set) var epoch: Int32 = 1
    /// In the order in which they are read. Gaps are squeezed out when they are the most.
    private var entries: [Entry?] = []
    private var places: [FetchKey: Int] = [:]

    init(usesIDs: Bool, isPrivileged: Bool, at now: Instant) {
        self.usesIDs = usesIDs
        self.isPrivileged = isPrivileged
        created = now
        lastUsed = now
    }

    /// How many partitions.
    var count: Int { places.count }
    var isEmpty: Bool { places.isEmpty }

    /// The epoch after another: it stays above 0, which begins a session.
    static func epoch(after epoch: Int32) -> Int32 { epoch == .max ? 1 : epoch + 1 }

    mutating func advance() { epoch = Self.epoch(after: epoch) }

    // MARK: What the client wants

    /// Takes over what a request changes: partitions that are new, and new wishes for old ones.
    mutating func want(_ fetch: PartitionFetch) {
        guard let place = places[fetch.key] else {
            return append(Entry(fetch: fetch, highWatermark: -1, logStartOffset: -1))
        }
        let name = entries[place]?.fetch.topic
        entries[place]?.fetch = fetch
        // The name that was found first is kept.
        if let name { entries[place]?.fetch.topic = name }
    }

    mutating func forget(_ key: FetchKey) {
        guard let place = places.removeValue(forKey: key) else { return }
        entries[place] = nil
        squeeze()
    }

    /// All that is wanted, in order; names of topics that have come into being are filled in.
    mutating func fetches(_ nameOf: (UniqueID) -> String?) -> [PartitionFetch] {
        var all: [PartitionFetch] = []
        all.reserveCapacity(count)
        for place in entries.indices {
            guard let entry = entries[place] else { continue }
            var fetch = entry.fetch
            if fetch.topic == nil, let name = nameOf(fetch.key.topicID) {
                fetch.topic = name
                entries[place]?.fetch = fetch
            }
            all.append(fetch)
        }
        return all
    }

    // MARK: What the client is told

    /// Remembers what the first answer tells.
    mutating func begin(_ result: FetchResult) {
        append(
            Entry(
                fetch: result.fetch, highWatermark: result.data.highWatermark,
                logStartOffset: result.data.logStartOffset))
    }

    /// Whether there is something new to tell of a partition; it then counts as told. A partition
    /// that sent records goes behind the others, so that each gets its turn.
    mutating func tells(_ result: FetchResult) -> Bool {
        let data = result.data
        guard let place = places[result.fetch.key], var entry = entries[place] else {
            return true
        }
        let hasRecords = (data.records?.count ?? 0) > 0
        let isTroubled = data.errorCode != ErrorCode.none || data.divergingEpoch.epoch >= 0
        let isNews =
            hasRecords || isTroubled || data.preferredReadReplica >= 0
            || entry.highWatermark != data.highWatermark
            || entry.logStartOffset != data.logStartOffset
        guard isNews else { return false }
        entry.highWatermark = isTroubled ? -1 : data.highWatermark
        entry.logStartOffset = data.logStartOffset
        guard hasRecords else {
            entries[place] = entry
            return true
        }
        entries[place] = nil
        append(entry)
        squeeze()
        return true
    }

    // MARK: The order

    private mutating func append(_ entry: Entry) {
        places[entry.fetch.key] = entries.count
        entries.append(entry)
    }

    private mutating func squeeze() {
        guard entries.count > 16, entries.count > 2 * count else { return }
        entries.removeAll { $0 == nil }
        for (place, entry) in entries.enumerated() {
            if let entry { places[entry.fetch.key] = place }
        }
    }
}
