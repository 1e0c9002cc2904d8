internal import VarveSim

/// Changes good inputs into hostile ones; the same seed makes the same inputs, in the same order.
public struct Mutator {
    private var bits: SplitMix64
    /// The largest input that is made.
    private let sizeMax: Int

    public init(seed: UInt64, sizeMax: Int = 1 << 16) {
        bits = SplitMix64(seed: seed)
        self.sizeMax = sizeMax
    }

    /// One of the seeds after some changes, or bytes out of nothing where there are no seeds.
    public mutating func next(from seeds: [[UInt8]], of target: FuzzTarget) -> [UInt8] {
        var input = seeds.randomElement(using: &bits) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &bits) { change(&input, seeds) }
        if input.count > sizeMax { input.removeLast(input.count - sizeMax) }
        if UInt8.random(in: 0..<4, using: &bits) > 0 { target.repair(&input) }
        return input
    }

    private mutating func change(_ input: inout [UInt8], _ seeds: [[UInt8]]) {
        guard !input.isEmpty else {
            input = random(Int.random(in: 0...64, using: &bits))
            return
        }
        let place = place(in: input)
        switch UInt8.random(in: 0..<12, using: &bits) {
        case 0, 1: input[place] ^= 1 << UInt8.random(in: 0..<8, using: &bits)
        case 2: input[place] = UInt8.random(in: 0...255, using: &bits)
        case 3, 4: storeNumber(&input, at: place)
        case 5: input.removeSubrange(range(in: input))
        case 6: input.insert(contentsOf: input[range(in: input)], at: place)
        case 7: input.insert(contentsOf: random(Int.random(in: 1...16, using: &bits)), at: place)
        case 8: input.removeLast(input.count - place)
        case 9: splice(&input, seeds)
        case 10: fill(&input, at: place)
        default: storeText(&input, at: place)
        }
    }

    /// Any place, or one near the front, where headers are.
    private mutating func place(in input: [UInt8]) -> Int {
        let end = Bool.random(using: &bits) ? input.count : min(input.count, 80)
        return Int.random(in: 0..<end, using: &bits)
    }

    private mutating func range(in input: [UInt8]) -> Range<Int> {
        let start = Int.random(in: 0..<input.count, using: &bits)
        let sizeMax = min(input.count - start, Bool.random(using: &bits) ? 16 : 1 << 12)
        return start..<start + Int.random(in: 1...sizeMax, using: &bits)
    }

    private mutating func random(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &bits) }
    }

    /// A number at the edge of its type, or near what stands there, big-endian or little-endian.
    private mutating func storeNumber(_ input: inout [UInt8], at place: Int) {
        guard let width = [1, 2, 4, 8].randomElement(using: &bits), place + width <= input.count
        else { return }
        let mask: UInt64 = width == 8 ? .max : 1 << UInt64(width * 8) - 1
        let isBig = UInt8.random(in: 0..<4, using: &bits) > 0
        var value = input[place..<place + width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch UInt8.random(in: 0..<6, using: &bits) {
        case 0: value = 0
        case 1: value = mask
        case 2: value = mask >> 1
        case 3: value = mask >> 1 + 1
        case 4: value = UInt64(input.count) &+ UInt64.random(in: 0...16, using: &bits) &- 8
        default: value = value &+ UInt64.random(in: 0...16, using: &bits) &- 8
        }
        for slot in 0..<width {
            let shift = UInt64(8 * (isBig ? width - 1 - slot : slot))
            input[place + slot] = UInt8(truncatingIfNeeded: value >> shift)
        }
    }

    /// The front of this one and the back of another.
    private mutating func splice(_ input: inout [UInt8], _ seeds: [[UInt8]]) {
        guard let other = seeds.randomElement(using: &bits), !other.isEmpty else { return }
        let cut = Int.random(in: 0...input.count, using: &bits)
        let from = Int.random(in: 0..<other.count, using: &bits)
        input = Array(input[..<cut]) + other[from...]
    }

    /// A run of one byte, as lost sectors leave it.
    private mutating func fill(_ input: inout [UInt8], at place: Int) {
        let size = [8, 512, 4096].randomElement(using: &bits) ?? 8
        let byte: UInt8 = Bool.random(using: &bits) ? 0 : 0xFF
        for slot in place..<min(place + size, input.count) { input[slot] = byte }
    }

    /// Words that stand at the edges of what text files may say.
    private mutating func storeText(_ input: inout [UInt8], at place: Int) {
        let words = [
            "-1", "0", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808",
            "00000000000000000000", " ", "\n", "\r\n", "\\u0000", "\\ud800", "{\"a\":", "[[[[", "=",
            ":", "/", "..", "-delete", ".", "\u{0}", "é",
        ]
        let word = words.randomElement(using: &bits) ?? ""
        if Bool.random(using: &bits) {
            input.insert(contentsOf: Array(word.utf8), at: place)
        } else {
            let end = min(place + word.utf8.count, input.count)
            input.replaceSubrange(place..<end, with: Array(word.utf8))
        }
    }
}
