import Synchronization
import Testing
import VarveSystem
import VarveTerms

@Suite("Randomness")
struct RandomnessTests {
    /// Hands out the numbers it was given, in order.
    final class Listed: Randomness {
        private let numbers: Mutex<[UInt64]>
        init(_ numbers: [UInt64]) { self.numbers = Mutex(numbers) }
        func next() -> UInt64 { numbers.withLock { $0.removeFirst() } }
    }

    @Test("a random id carries version 4 and variant 1, whatever the bits drawn")
    func version() {
        for bits in [UInt64.min, 0x0123_4567_89AB_CDEF] {
            let id = Listed([bits, bits]).uniqueID()
            #expect(id.high >> 12 & 0xF == 4)
            #expect(id.low >> 62 == 0b10)
        }
        let id = Listed([0x0123_4567_89AB_CDEF, .max]).uniqueID()
        #expect(id == UniqueID(high: 0x0123_4567_89AB_4DEF, low: 0xBFFF_FFFF_FFFF_FFFF))
    }

    @Test("an id whose text starts like an option is drawn again")
    func drawnAgain() {
        // The first letter is made of the top six bits; 62 is the dash.
        let id = Listed([62 << 58, 0, 1 << 58, 0]).uniqueID()
        #expect(id.description.hasPrefix("B"))
    }
}
