import Testing
import VarveSeeds
import VarveTerms

@testable import VarveShares

@Suite("StateBatch")
struct StateBatchTests {
    @Test("fields that cannot be make no batch")
    func refused() {
        #expect(StateBatch(first: -1, last: 3, state: 0, deliveryCount: 1) == nil)
        #expect(StateBatch(first: 4, last: 3, state: 0, deliveryCount: 1) == nil)
        #expect(StateBatch(first: 4, last: .max, state: 0, deliveryCount: 1) == nil)
        #expect(StateBatch(first: 4, last: 4, state: 99, deliveryCount: -3)?.state == .available)
    }

    @Test("newer batches lie over older ones as they would record by record")
    func overlay() {
        var random = SeededRandom("StateBatchTests.overlay")
        for round in 0..<300 {
            var batches: [StateBatch] = []
            var records: [Int64: DeliveryState] = [:]
            for _ in 0..<20 {
                let first = Int64.random(in: 0..<40, using: &random)
                let last = first + Int64.random(in: 0..<8, using: &random)
                let states: [DeliveryState] = [.available, .acknowledged, .archived]
                let state = states.randomElement(using: &random) ?? .available
                batches.overlay(
                    StateBatch(Offset(first)..<Offset(last + 1), state, deliveryCount: 1))
                for offset in first...last { records[offset] = state }
            }
            var found: [Int64: DeliveryState] = [:]
            var end = Offset(0)
            for batch in batches {
                #expect(batch.offsets.lowerBound >= end, "round \(round), seed \(random.seed)")
                end = batch.offsets.upperBound
                for offset in batch.offsets.lowerBound.rawValue..<end.rawValue {
                    found[offset] = batch.state
                }
            }
            #expect(found == records, "round \(round), seed \(random.seed)")
        }
    }
}
