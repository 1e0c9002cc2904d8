import Testing
import VarveController
import VarveMetadata
import VarveTerms
import VarveWire

@Suite("TopicDeletion")
struct TopicDeletionTests {
    private static let id = UniqueID(high: 1, low: 1)

    private static func outcomes(
        _ wanted: [(name: String?, id: UniqueID)], isTooLate: Bool = false
    ) throws -> [ErrorCode] {
        var image = ClusterImage()
        try image.replay(.topic(TopicRecord(name: "t", topicId: id)))
        return TopicDeletion.all(wanted, isTooLate: isTooLate, in: image).map { deletion in
            switch deletion.outcome {
            case .success(let topic):
                #expect(topic.name == deletion.name && topic.id == deletion.id)
                return .none
            case .failure(let refusal): return refusal.code
            }
        }
    }

    @Test("a topic is found by its name or its id")
    func found() throws {
        #expect(try Self.outcomes([("t", .zero)]) == [.none])
        #expect(try Self.outcomes([(nil, Self.id)]) == [.none])
    }

    @Test("both, neither and what is not there are refused")
    func refused() throws {
        #expect(try Self.outcomes([("t", Self.id)]) == [.invalidRequest])
        #expect(try Self.outcomes([(nil, .zero)]) == [.invalidRequest])
        #expect(try Self.outcomes([("u", .zero)]) == [.unknownTopicOrPartition])
        #expect(
            try Self.outcomes([(nil, UniqueID(high: 2, low: 2))]) == [.unknownTopicId])
    }

    @Test("what is meant twice is not deleted, and answered once")
    func twice() throws {
        #expect(try Self.outcomes([("t", .zero), ("t", .zero)]) == [.invalidRequest])
        #expect(try Self.outcomes([("t", .zero), (nil, Self.id)]) == [.invalidRequest])
    }

    @Test("without time nothing is deleted")
    func tooLate() throws {
        #expect(try Self.outcomes([("t", .zero)], isTooLate: true) == [.requestTimedOut])
    }
}
