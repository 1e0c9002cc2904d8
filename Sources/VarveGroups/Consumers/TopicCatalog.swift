public import VarveTerms

/// The topics of the cluster as coordinators of groups need them: names, ids and how many
/// partitions there are.
public struct TopicCatalog: Hashable, Sendable {
    /// A topic that can be assigned.
    public struct Topic: Hashable, Sendable {
        public var id: UniqueID
        public var partitionCount: Int32
        /// Whether the broker keeps it for itself: regular expressions do not match it.
        public var isInternal: Bool

        public init(id: UniqueID, partitionCount: Int32, isInternal: Bool = false) {
            (self.id, self.partitionCount) = (id, partitionCount)
            self.isInternal = isInternal
        }
    }

    /// Differs from that of every catalog with other topics.
    public let version: Int64
    private let topics: [String: Topic]
    private let names: [UniqueID: String]

    /// - Complexity: O(topics)
    public init(version: Int64, topics: [String: Topic]) {
        (self.version, self.topics) = (version, topics)
        names = Dictionary(
            topics.map { ($0.value.id, $0.key) }, uniquingKeysWith: { first, _ in first })
    }

    /// No topics, before anything is known.
    public init() { self.init(version: -1, topics: [:]) }

    subscript(name: String) -> Topic? { topics[name] }

    func name(of id: UniqueID) -> String? { names[id] }

    /// The names of all topics that clients make; in no order.
    var clientNames: [String] { topics.filter { !$0.value.isInternal }.map(\.key) }

    /// The number by which a group knows its topics again: it changes when one of them comes, goes,
    /// is made anew or grows; 0 when there is none of them.
    ///
    /// It is the one that Kafka stores for the same topics (KIP-1101), as long as brokers have no
    /// racks, so that a group that is taken over keeps its assignment: XXH3 over the topics' own
    /// numbers, in the order of their names, which are ASCII.
    func fingerprint(of names: Set<String>) -> Int64 {
        var bytes: [UInt8] = []
        for name in names.sorted() {
            guard let topic = topics[name] else { continue }
            bytes.append(littleEndian: topic.fingerprint(named: name))
        }
        return bytes.isEmpty ? 0 : Int64(bitPattern: XXH3.hash(bytes))
    }
}

extension TopicCatalog.Topic {
    /// XXH3 over a version, 0; the id's halves; the name; how many partitions there are, and the
    /// number of each. Numbers are little-endian; a text is its UTF-16 units and their count.
    fileprivate func fingerprint(named name: String) -> UInt64 {
        var bytes: [UInt8] = [0]
        bytes.append(littleEndian: id.high)
        bytes.append(littleEndian: id.low)
        for unit in name.utf16 { bytes.append(littleEndian: unit) }
        bytes.append(littleEndian: Int32(clamping: name.utf16.count))
        bytes.append(littleEndian: partitionCount)
        for index in 0..<max(partitionCount, 0) { bytes.append(littleEndian: index) }
        return XXH3.hash(bytes)
    }
}

extension [UInt8] {
    fileprivate mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }
}
