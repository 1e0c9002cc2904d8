internal import VarveTerms

/// The latest offset of each key in the dirty part of a log, in memory of a fixed size: open
/// addressing, linear probing, 24 bytes a slot, nothing but digests of the keys.
///
/// *Invariant*: at most nine tenths of the slots are taken, so that every probe ends.
struct OffsetMap: ~Copyable {
    private struct Slot {
        var digest = KeyDigest(first: 0, second: 0)
        /// −1 in a free slot.
        var offset: Int64 = -1
    }

    private var slots: [Slot]
    /// How many keys are known.
    private(set) var count = 0
    /// How many keys may be known.
    let countMax: Int

    static let slotSize = MemoryLayout<Slot>.stride

    /// - Parameters:
    ///   - memory: the most that the slots may take.
    ///   - keyCountMax: how many keys there can be; fewer need less memory.
    init(memory: Int, keyCountMax: Int) {
        let affordable = max(Self.slotCountMin, memory / Self.slotSize)
        let wanted = min(keyCountMax, affordable) / 9 * 10 + Self.slotCountMin
        slots = Array(repeating: Slot(), count: min(affordable, wanted))
        countMax = slots.count * 9 / 10
    }

    /// The fewest slots; nine keys fit.
    private static let slotCountMin = 10

    /// Notes a record of the key at `offset`, which is later than those noted before.
    /// - Returns: false when the key is a new one and there is no room; nothing changed then.
    mutating func note(_ digest: KeyDigest, at offset: Offset) -> Bool {
        let place = place(of: digest)
        if slots[place].offset < 0 {
            guard count < countMax else { return false }
            count += 1
            slots[place].digest = digest
        }
        slots[place].offset = offset.rawValue
        return true
    }

    /// The latest offset that was noted for the key; nil when there is none.
    func latest(of digest: KeyDigest) -> Offset? {
        Offset(exactly: slots[place(of: digest)].offset)
    }

    /// Where the digest stands, or the free slot where it would.
    private func place(of digest: KeyDigest) -> Int {
        var place = Int(digest.first.multipliedFullWidth(by: UInt64(slots.count)).high)
        while slots[place].offset >= 0, slots[place].digest != digest {
            place += 1
            if place == slots.count { place = 0 }
        }
        return place
    }
}
