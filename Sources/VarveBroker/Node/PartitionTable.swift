internal import VarveLog
internal import VarveMetadata
internal import VarveTerms

/// All partitions of this node, by topic: those whose logs are open, and those that wait for their
/// first use, which cost a word each.
struct PartitionTable {
    private var topics: [String: [Place]] = [:]
    private var names: [UniqueID: String] = [:]
    private var ids: [String: UniqueID] = [:]
    /// How many logs are open.
    private(set) var openCount = 0

    /// What is known of one partition.
    private enum Place {
        /// No partition of this node.
        case none
        /// Its log is opened when somebody asks for it.
        case resting
        /// Its log could not be opened.
        case closed
        case open(Partition)
    }

    /// A partition that was taken out.
    struct Removed {
        var index: Int32
        /// Nil where its log was not open.
        var partition: Partition?
    }

    /// A partition whose log is open.
    subscript(topic: String, index: Int32) -> Partition? {
        if case .open(let partition) = place(topic, index) { partition } else { nil }
    }

    subscript(id: UniqueID, index: Int32) -> Partition? {
        names[id].flatMap { self[$0, index] }
    }

    private func place(_ topic: String, _ index: Int32) -> Place {
        guard let places = topics[topic], let slot = Int(exactly: index),
            places.indices.contains(slot)
        else { return .none }
        return places[slot]
    }

    /// Whether it can be used: its log is open, or waits for that.
    func isHere(_ topic: String, _ index: Int32) -> Bool {
        switch place(topic, index) {
        case .none, .closed: false
        case .resting, .open: true
        }
    }

    /// Whether its log waits for its first use.
    func isResting(_ topic: String, _ index: Int32) -> Bool {
        if case .resting = place(topic, index) { true } else { false }
    }

    /// Whether this node has it, but could not open its log.
    func isClosed(_ topic: String, _ index: Int32) -> Bool {
        if case .closed = place(topic, index) { true } else { false }
    }

    /// The name of the topic with an id.
    func name(of id: UniqueID) -> String? { names[id] }

    // MARK: Changing

    mutating func add(_ partition: Partition) {
        name(partition.topicID, partition.topic)
        set(.open(partition), partition.topic, partition.index)
    }

    /// The log of a partition is opened when it is first used.
    mutating func addResting(_ index: Int32, of topic: TopicImage) {
        name(topic.id, topic.name)
        set(.resting, topic.name, index)
    }

    /// The log of a partition cannot be opened.
    mutating func addClosed(_ index: Int32, of topic: TopicImage) {
        name(topic.id, topic.name)
        set(.closed, topic.name, index)
    }

    private mutating func name(_ id: UniqueID, _ topic: String) {
        guard ids[topic] != id else { return }
        if let old = ids.updateValue(id, forKey: topic) { names[old] = nil }
        names[id] = topic
    }

    private mutating func set(_ place: Place, _ topic: String, _ index: Int32) {
        // In place: a topic may have ten thousand.
        let missing = Int(index) + 1 - (topics[topic]?.count ?? 0)
        if missing > 0 {
            topics[topic, default: []].append(contentsOf: repeatElement(.none, count: missing))
        }
        if self[topic, index] != nil { openCount -= 1 }
        if case .open = place { openCount += 1 }
        topics[topic]?[Int(index)] = place
    }

    /// Removes the partitions of a topic from an index on.
    mutating func remove(of name: String, from start: Int) -> [Removed] {
        guard start > 0 else { return removeTopic(name) }
        let all = topics[name] ?? []
        topics[name] = Array(all.prefix(start))
        return removed(all, from: start)
    }

    mutating func removeTopic(_ name: String) -> [Removed] {
        if let id = ids.removeValue(forKey: name) { names[id] = nil }
        return removed(topics.removeValue(forKey: name) ?? [], from: 0)
    }

    private mutating func removed(_ places: [Place], from start: Int) -> [Removed] {
        openCount -= Self.open(Array(places.dropFirst(start))).count
        return places.enumerated().dropFirst(start).compactMap { slot, place in
            switch place {
            case .none: nil
            case .resting, .closed: Removed(index: Int32(slot), partition: nil)
            case .open(let partition): Removed(index: Int32(slot), partition: partition)
            }
        }
    }

    // MARK: All of them

    /// The partitions of a topic whose logs are open.
    func partitions(of topic: String) -> [Partition] { Self.open(topics[topic] ?? []) }

    /// Every partition whose log is open, by topic and number.
    var all: [Partition] { topics.keys.sorted().flatMap { Self.open(topics[$0] ?? []) } }

    private static func open(_ places: [Place]) -> [Partition] {
        places.compactMap { if case .open(let partition) = $0 { partition } else { nil } }
    }

    /// The partitions of a topic whose logs wait for their first use.
    func resting(of topic: String) -> [Int32] {
        (topics[topic] ?? []).enumerated().compactMap { slot, place in
            if case .resting = place { Int32(slot) } else { nil }
        }
    }
}
