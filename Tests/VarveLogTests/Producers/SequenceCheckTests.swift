import Testing
import VarveBytes
import VarveRecords
import VarveTerms

@testable import VarveLog

@Suite struct SequenceCheckTests {
    private var known = ProducerStates()

    private func answer(
        _ bytes: [UInt8], at offset: Int64 = 1_000, _ check: SequenceCheck = SequenceCheck()
    ) throws -> SequenceCheck.Answer {
        var check = check
        return try check.check(
            LogFixture.header(bytes, at: offset), bytes.rawSpan, knowing: known)
    }

    private func refusal(_ bytes: [UInt8]) -> ProducerRefusal? {
        do {
            _ = try answer(bytes)
            return nil
        } catch {
            return error as? ProducerRefusal
        }
    }

    @Test("a gap in the sequence is refused with what was expected")
    mutating func gap() throws {
        known.take(try LogFixture.produced(7, sequence: 0, count: 3), at: 0)
        #expect(
            refusal(try LogFixture.produced(7, sequence: 4))
                == .outOfOrderSequence(producerId: 7, expected: 3, found: 4))
    }

    @Test("a batch sent before the last five is out of order, not a duplicate")
    mutating func tooOld() throws {
        for number in 0..<6 {
            known.take(try LogFixture.produced(7, sequence: Int32(number)), at: Int64(number))
        }
        #expect(
            refusal(try LogFixture.produced(7, sequence: 0))
                == .outOfOrderSequence(producerId: 7, expected: 6, found: 0))
        for number in 1..<6 {
            let range = Offset(Int64(number))..<Offset(Int64(number) + 1)
            let again = try LogFixture.produced(7, sequence: Int32(number))
            #expect(try answer(again) == .duplicate(range))
        }
    }

    @Test("a batch that begins like a remembered one and ends elsewhere is out of order")
    mutating func partialOverlap() throws {
        known.take(try LogFixture.produced(7, sequence: 0, count: 3), at: 0)
        #expect(
            refusal(try LogFixture.produced(7, sequence: 0, count: 2))
                == .outOfOrderSequence(producerId: 7, expected: 3, found: 0))
    }

    @Test("a lower epoch is refused, whatever its sequence, and so is its marker")
    mutating func staleEpoch() throws {
        known.take(try LogFixture.produced(7, epoch: 3, sequence: 0), at: 0)
        let stale = ProducerRefusal.staleEpoch(producerId: 7, current: 3, found: 2)
        #expect(refusal(try LogFixture.produced(7, epoch: 2, sequence: 1)) == stale)
        #expect(refusal(try LogFixture.produced(7, epoch: 2, sequence: 0)) == stale)
        #expect(refusal(try LogFixture.marker(.commit, of: 7, epoch: 2)) == stale)
    }

    @Test("a new epoch begins with sequence 0")
    mutating func newEpoch() throws {
        known.take(try LogFixture.produced(7, sequence: 0), at: 0)
        #expect(
            refusal(try LogFixture.produced(7, epoch: 1, sequence: 1))
                == .outOfOrderSequence(producerId: 7, expected: 0, found: 1))
        #expect(try answer(try LogFixture.produced(7, epoch: 1, sequence: 0)) == .new)
    }

    @Test("an epoch that a marker brought begins with sequence 0, too")
    mutating func epochOfMarker() throws {
        known.take(try LogFixture.marker(.abort, of: 7, epoch: 4), at: 0)
        #expect(
            refusal(try LogFixture.produced(7, epoch: 4, sequence: 9))
                == .outOfOrderSequence(producerId: 7, expected: 0, found: 9))
        #expect(try answer(try LogFixture.produced(7, epoch: 4, sequence: 0)) == .new)
    }

    @Test("a marker of an older coordinator is refused")
    mutating func staleCoordinator() throws {
        known.take(try LogFixture.marker(.commit, of: 7, coordinatorEpoch: 5), at: 0)
        #expect(
            refusal(try LogFixture.marker(.commit, of: 7, coordinatorEpoch: 4))
                == .staleCoordinator(producerId: 7, current: 5, found: 4))
        #expect(try answer(try LogFixture.marker(.abort, of: 7, coordinatorEpoch: 5)) == .new)
    }

    @Test("records outside of an open transaction are refused")
    mutating func notTransactional() throws {
        known.take(try LogFixture.produced(7, sequence: 0, isTransactional: true), at: 0)
        #expect(
            refusal(try LogFixture.produced(7, sequence: 1)) == .notTransactional(producerId: 7))
    }

    @Test("of a producer that is not known any sequence is taken")
    func unknownProducer() throws {
        #expect(try answer(try LogFixture.produced(7, sequence: 12_345)) == .new)
    }

    @Test("the sequence after 2147483647 is 0", arguments: [1, 2, 3])
    mutating func wrap(count: Int) throws {
        let first = Int32.max - 1
        let batch = try LogFixture.produced(7, sequence: first, count: count)
        known.take(batch, at: 40)
        let next = ProducerSequence.advance(first, by: Int32(count))
        #expect(try answer(try LogFixture.produced(7, sequence: next)) == .new)
        #expect(try answer(batch) == .duplicate(Offset(40)..<Offset(40 + Int64(count))))
        let beyond = ProducerSequence.advance(next, by: 1)
        #expect(
            refusal(try LogFixture.produced(7, sequence: beyond))
                == .outOfOrderSequence(producerId: 7, expected: next, found: beyond))
    }

    @Test("each batch of one append is checked with those before it")
    func sameAppend() throws {
        var check = SequenceCheck()
        let (first, second) = (
            try LogFixture.produced(7, sequence: 0, count: 2),
            try LogFixture.produced(7, sequence: 2)
        )
        let firstHeader = LogFixture.header(first, at: 10)
        let secondHeader = LogFixture.header(second, at: 12)
        #expect(try check.check(firstHeader, first.rawSpan, knowing: known) == .new)
        #expect(
            try check.check(firstHeader, first.rawSpan, knowing: known)
                == .duplicate(Offset(10)..<Offset(12)))
        #expect(try check.check(secondHeader, second.rawSpan, knowing: known) == .new)
        #expect(known.isEmpty)
    }

    @Test("a batch without a producer id is always new")
    func noProducer() throws {
        let batch = try LogFixture.batch("r")
        #expect(try answer(batch) == .new)
        #expect(try answer(batch) == .new)
    }
}
