import Testing
import VarveSeeds

@testable import VarveGroups

@Suite("ConsumerSubscription")
struct ConsumerSubscriptionTests {
    @Test("bytes that are no subscription name no topics")
    func malformed() {
        let whole = subscription(to: ["topic", "other"])
        // All but the user data at the end is needed.
        for size in 0..<whole.count - 4 {
            #expect(ConsumerSubscription.topics(in: Array(whole[..<size])) == nil)
        }
        #expect(ConsumerSubscription.topics(in: [0, 0, 255, 255, 255, 255]) == nil)
        #expect(ConsumerSubscription.topics(in: [0, 0, 127, 255, 255, 255, 0, 0]) == nil)
        #expect(ConsumerSubscription.topics(in: [0, 0, 0, 0, 0, 1, 255, 255]) == nil)
        #expect(ConsumerSubscription.topics(in: [255, 255, 0, 0, 0, 0]) == nil)
    }

    @Test("any bytes are taken without a trap")
    func anything() {
        var random = SeededRandom("ConsumerSubscription.anything")
        for _ in 0..<20_000 {
            var bytes = subscription(to: ["a", "bc"])
            for _ in 0..<random.next() % 4 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(random.next() & 255)
            }
            _ = ConsumerSubscription.topics(in: Array(bytes.prefix(Int(random.next() % 20))))
            _ = ConsumerSubscription.topics(in: bytes)
        }
    }

    @Test("every version begins with its topics")
    func versions() {
        // What Kafka's Java consumer sent (version 3): topic "cg", no user data, no partitions.
        let bytes: [UInt8] = [
            0, 3, 0, 0, 0, 1, 0, 2, 0x63, 0x67, 255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255,
            255, 255,
        ]
        #expect(ConsumerSubscription.topics(in: bytes) == ["cg"])
        #expect(ConsumerSubscription.topics(in: subscription(to: [])) == [])
    }
}
