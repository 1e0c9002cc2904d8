import Testing
import VarveTerms

@testable import VarveGroups

@Suite("TopicCatalog")
struct TopicCatalogTests {
    /// Topics as a broker of Kafka 4.3.1 had made them.
    private let topics: [String: TopicCatalog.Topic] = [
        "codec-none": .init(
            id: UniqueID(high: 0xa7d6_827b_9ef3_4d45, low: 0x9e3b_1a25_8229_3161),
            partitionCount: 1),
        "many-partitions": .init(
            id: UniqueID(high: 0x187e_616b_f5fe_4a69, low: 0x98c1_9a06_e7ec_9bb0),
            partitionCount: 3),
        "codec-lz4": .init(
            id: UniqueID(high: 0x27ff_aaca_a0a0_4064, low: 0xb8f1_f584_c74c_d355),
            partitionCount: 1),
    ]

    @Test("without topics the number is 0, whatever names are asked for")
    func none() {
        let catalog = TopicCatalog(version: 1, topics: topics)
        #expect(catalog.fingerprint(of: []) == 0)
        #expect(catalog.fingerprint(of: ["gone", "away"]) == 0)
    }

    @Test("the numbers are those that Kafka stored for its groups")
    func golden() {
        let catalog = TopicCatalog(version: 1, topics: topics)
        // The metadata hashes of group-consumer-1 and of share-one in its __consumer_offsets.
        #expect(
            catalog.fingerprint(of: ["many-partitions", "codec-none", "gone"])
                == 0x3698_0fed_339e_6c64)
        #expect(catalog.fingerprint(of: ["codec-lz4"]) == 0x3b80_d337_998e_eb86)
    }

    @Test("a topic that grows, is made anew, or gets another name changes the number")
    func changes() throws {
        let topic = try #require(topics["codec-lz4"])
        var (grown, renewed) = (topic, topic)
        grown.partitionCount = 2
        renewed.id = UniqueID(high: topic.id.high, low: topic.id.low + 1)
        let numbers = [("t", topic), ("t", grown), ("t", renewed), ("u", topic)].map {
            TopicCatalog(version: 1, topics: [$0: $1]).fingerprint(of: ["t", "u"])
        }
        #expect(Set(numbers).count == 4)
    }

    @Test("a topic of very many partitions has a number, of none too")
    func extremes() {
        let id = UniqueID(high: 1, low: 2)
        for count: Int32 in [0, 100_000, -1] {
            let catalog = TopicCatalog(
                version: 1, topics: ["t": .init(id: id, partitionCount: count)])
            #expect(catalog.fingerprint(of: ["t"]) != 0)
        }
    }
}
