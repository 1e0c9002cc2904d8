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

    /// A number that changes when one of these topics comes, goes, is made anew or grows; 0 when
    /// there is none of them. FNV-1a over names, ids and counts, in the order of names; Kafka's
    /// number for the same topics is another one, and nothing but the next rebalance hangs on it.
    func fingerprint(of names: Set<String>) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        var isEmpty = true
        func mix(byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        func mix(_ number: UInt64) {
            for shift in stride(from: 56, through: 0, by: -8) {
                mix(byte: UInt8(truncatingIfNeeded: number >> UInt64(shift)))
            }
        }
        for name in names.sorted() {
            guard let topic = topics[name] else { continue }
            isEmpty = false
            for byte in name.utf8 { mix(byte: byte) }
            mix(byte: 0)
            mix(topic.id.high)
            mix(topic.id.low)
            mix(UInt64(truncatingIfNeeded: topic.partitionCount))
        }
        return isEmpty ? 0 : Int64(bitPattern: hash)
    }
}
