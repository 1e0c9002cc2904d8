internal import VarveSim

/// A record that some child submits. Its value follows from the seed and these three numbers, so
/// that whoever reads it can tell each byte that is wrong.
struct SubmittedRecord: Hashable {
    /// Which child submits it; counted from 0.
    var life: Int
    var thread: Int
    /// How many records the thread submitted before it in this life.
    var counter: Int

    /// `life/thread/counter/filler`. Most fillers are short; some span many pages, so that a kill
    /// finds the kernel in the middle of a write.
    func value(seed: UInt64) -> [UInt8] {
        var value = Array("\(life)/\(thread)/\(counter)/".utf8)
        var generator = SplitMix64(
            seed: seed ^ UInt64(life) << 40 ^ UInt64(thread) << 32 ^ UInt64(counter))
        let choice = generator.next()
        let wordCount = choice % 256 == 0 ? 1 + Int(choice >> 8 % 65_536) : 2 + Int(choice >> 8 % 8)
        value.reserveCapacity(value.count + 8 * wordCount)
        for _ in 0..<wordCount {
            let word = generator.next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                value.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return value
    }

    init(life: Int, thread: Int, counter: Int) {
        (self.life, self.thread, self.counter) = (life, thread, counter)
    }

    /// The record whose value this is, byte for byte; nil when no child could submit it.
    init?(value: [UInt8], seed: UInt64) {
        let parts = value.split(separator: UInt8(ascii: "/"), maxSplits: 3)
        guard parts.count == 4, let life = Self.number(parts[0]),
            let thread = Self.number(parts[1]), let counter = Self.number(parts[2])
        else { return nil }
        self.init(life: life, thread: thread, counter: counter)
        guard self.value(seed: seed) == value else { return nil }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        // Ten digits keep every sum and shift of these numbers far from overflow.
        guard digits.count <= 10 else { return nil }
        return Int(String(decoding: digits, as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil }
    }
}

extension SubmittedRecord: CustomStringConvertible {
    var description: String { "record \(counter) of thread \(thread) in life \(life)" }
}
