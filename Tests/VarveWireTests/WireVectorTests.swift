import Testing
import VarveBytes
import VarveTerms

@testable import VarveWire

/// Messages that Kafka's own classes encoded.
@Suite("wire vectors")
struct WireVectorTests {
    @Test("every message decodes to what Kafka put in and encodes to the same bytes")
    func roundTrip() {
        #expect(WireVector.all.count == 4368)
        for vector in WireVector.all {
            let fault = Self.fault(vector.type, vector)
            if let fault { Issue.record("\(vector): \(fault)") }
        }
    }

    private static func fault<Message: WireMessage>(
        _ type: Message.Type, _ vector: WireVector
    ) -> String? {
        var reader = WireReader(vector.bytes.rawSpan)
        var writer = WireWriter()
        do throws(WireError) {
            let message = try Message(decoding: &reader, version: vector.version)
            try reader.finish()
            let comparison = JSONComparison(frame: vector.bytes)
            if let found = comparison.difference(message, vector.expected) { return found }
            try message.encode(into: &writer, version: vector.version)
        } catch {
            return "\(error)"
        }
        let again = writer.joined(with: vector.bytes.rawSpan)
        return again == vector.bytes ? nil : "encoded as \(again), expected \(vector.bytes)"
    }
}
