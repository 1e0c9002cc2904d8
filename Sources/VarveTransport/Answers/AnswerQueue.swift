internal import VarveTerms

/// The answers that one connection waits for: a slot for each request, in the order of arrival.
/// Slots are completed in any order and leave in theirs.
///
///     first                    first + count
///       │  answered  waiting  answered  │
///       └── leaves next ────────────────┘
public struct AnswerQueue {
    /// A ring: slot `number` stands at `number % slots.count`.
    private var slots: [Answer?] = []
    /// The number of the oldest slot that has not left.
    private var first: UInt64 = 0
    /// Slots that have not left.
    public private(set) var count = 0
    /// Bytes of answers that wait for those before them.
    public private(set) var answeredSize = 0
    /// The memory that they keep, in bytes.
    private(set) var heldSize = 0

    public init() {}

    public var isEmpty: Bool { count == 0 }

    /// Adds a slot behind all others.
    /// - Returns: its number, one more than the last one's.
    public mutating func open() -> UInt64 {
        if count == slots.count { grow() }
        count += 1
        return first + UInt64(count - 1)
    }

    /// Puts an answer into its slot.
    /// - Precondition: the slot was opened, and not answered before.
    public mutating func complete(_ number: UInt64, with answer: Answer) {
        precondition(number >= first, "slot \(number) was answered and has left")
        precondition(number - first < UInt64(count), "slot \(number) was never opened")
        let place = place(of: number)
        precondition(slots[place] == nil, "slot \(number) is answered twice")
        slots[place] = answer
        answeredSize += answer.size.bytes
        heldSize += answer.heldSize.bytes
    }

    /// Takes the oldest slot's answer; nil while it waits or there is none.
    public mutating func next() -> Answer? {
        guard count > 0 else { return nil }
        let place = place(of: first)
        guard let answer = slots[place] else { return nil }
        slots[place] = nil
        answeredSize -= answer.size.bytes
        heldSize -= answer.heldSize.bytes
        first += 1
        count -= 1
        return answer
    }

    /// Takes slot `number` out if it is the oldest, for an answer that need not wait here.
    /// - Precondition: as `complete`.
    mutating func leave(_ number: UInt64) -> Bool {
        precondition(number >= first, "slot \(number) was answered and has left")
        guard number == first else { return false }
        precondition(count > 0, "slot \(number) was never opened")
        precondition(slots[place(of: first)] == nil, "slot \(number) is answered twice")
        first += 1
        count -= 1
        return true
    }

    private func place(of number: UInt64) -> Int { Int(number % UInt64(slots.count)) }

    private mutating func grow() {
        let old = slots
        let oldCount = UInt64(old.count)
        slots = Array(repeating: nil, count: max(4, 2 * old.count))
        for number in first..<first + UInt64(count) {
            slots[place(of: number)] = old[Int(number % oldCount)]
        }
    }
}
