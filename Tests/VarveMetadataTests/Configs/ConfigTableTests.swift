import Testing

@testable import VarveMetadata

@Suite("ConfigTable")
struct ConfigTableTests {
    private func refusal(_ name: String, _ value: String) -> String? {
        do throws(ConfigRefusal) {
            try ConfigTable.topics[name]?.check(value)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("a value that is no number, or out of bounds, is refused in Kafka's words")
    func refused() {
        #expect(
            refusal("retention.ms", "x")
                == "Invalid value x for configuration retention.ms: Not a number of type LONG")
        #expect(
            refusal("segment.bytes", "1")
                == "Invalid value 1 for configuration segment.bytes: "
                + "Value must be at least 1048576")
        #expect(
            refusal("min.cleanable.dirty.ratio", "2")
                == "Invalid value 2 for configuration min.cleanable.dirty.ratio: "
                + "Value must be no more than 1")
        #expect(refusal("compression.type", "lzma")?.contains("String must be one of: ") == true)
        #expect(refusal("cleanup.policy", "compact,keep")?.contains("must be one of") == true)
        #expect(refusal("preallocate", "yes")?.contains("true or false") == true)
        #expect(refusal("max.message.bytes", "3000000000")?.contains("type INT") == true)
    }

    @Test("lawful values are taken, with white space around them")
    func taken() {
        #expect(refusal("retention.ms", " -1 ") == nil)
        #expect(refusal("cleanup.policy", "compact, delete") == nil)
        #expect(refusal("compression.gzip.level", "-1") == nil)
        #expect(refusal("compression.gzip.level", "0") != nil)
        #expect(refusal("min.cleanable.dirty.ratio", "0.25") == nil)
        #expect(refusal("preallocate", "TRUE") == nil)
    }

    @Test("each default is a lawful value of its property")
    func defaults() throws {
        for table in [ConfigTable.topics, .brokers, .varve] {
            for definition in table.definitions {
                if let value = definition.defaultValue { try definition.check(value) }
            }
        }
        #expect(ConfigTable.topics.definitions.count == 33)
        #expect(ConfigTable.brokers.definitions.count { $0.access != .internal } == 340)
    }

    @Test("each topic property falls back to a broker property that is there")
    func fallbacks() {
        for definition in ConfigTable.topics.definitions {
            if let fallback = definition.fallback {
                #expect(ConfigTable.brokers[fallback] != nil, "\(fallback)")
            }
        }
    }

    @Test("a wrong name leads to the nearest one, and nonsense to none")
    func nearest() {
        #expect(ConfigTable.brokers.name(nearest: "num.partition") == "num.partitions")
        #expect(ConfigTable.brokers.name(nearest: "log.dir.s") == "log.dirs")
        #expect(ConfigTable.brokers.name(nearest: "qqqqqqqqqqqqqqqqqqqqqqqq") == nil)
    }
}
