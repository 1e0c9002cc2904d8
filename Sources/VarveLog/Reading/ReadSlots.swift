internal import Synchronization
internal import VarveTerms

/// What the readers of a log keep from one read to the next: slots, each of which one thread at a
/// time takes for one read.
///
/// Nobody waits for a slot. There is one as long as no two reads meet; from then on there are
/// enough that each thread as a rule finds the one that it had before, and whoever finds none free
/// reads without.
///
/// *Invariants*:
/// - What lies in a slot is touched by nobody but whoever has taken it.
/// - Once `clear` has returned, no slot has what it had before, but for those that are taken; they
///   are cleared by whoever gives them back.
///
/// *Threads*: any.
@safe
struct ReadSlots: ~Copyable, @unchecked Sendable {
    // @unchecked: slots are handed from thread to thread by `isTaken`.
    private let single = unsafe Atomic<UnsafeMutablePointer<Slot>?>(nil)
    private let crowd = unsafe Atomic<UnsafeMutablePointer<Slot>?>(nil)
    /// Grows with each `clear`, so that whoever has a slot meanwhile learns of it.
    private let clearCount = Atomic<Int>(0)
    /// Whether nothing may be kept now.
    private let isClosed = Atomic(false)

    /// More than any machine of today has processors in one socket, since a thread may lose its
    /// processor in the middle of a read. A crowd takes 4 KiB.
    private static let crowdCount = 32

    /// For how many looks a slot that is taken is waited for: some 0.1 ms, longer than a read of
    /// cached memory takes.
    private static let patience = 100_000

    private struct Slot: ~Copyable {
        let isTaken = Atomic(false)
        /// How often all had been cleared when this was.
        var clearCount = 0
        var leases = SegmentLeases(countMax: 64)
        // Threads that read at once shall not write to one line of memory.
        private let apart: InlineArray<8, Int> = .init(repeating: 0)

        /// In one order with `clearCount` and `isClosed`, for all threads: of a reader and the
        /// owner at least one sees what the other has done.
        func take() -> Bool {
            !isTaken.load(ordering: .relaxed)
                && isTaken.compareExchange(
                    expected: false, desired: true, ordering: .sequentiallyConsistent
                ).exchanged
        }

        func giveBack() { isTaken.store(false, ordering: .sequentiallyConsistent) }
    }

    deinit {
        unsafe Self.free(single.load(ordering: .acquiring), 1)
        unsafe Self.free(crowd.load(ordering: .acquiring), Self.crowdCount)
    }

    private static func free(_ slots: UnsafeMutablePointer<Slot>?, _ count: Int) {
        guard let slots = unsafe slots else { return }
        unsafe slots.deinitialize(count: count)
        unsafe slots.deallocate()
    }

    /// Lends `body` what a slot keeps.
    /// - Returns: what `body` returns; nil when no slot is free or nothing may be kept.
    func withLeases<Value>(_ body: (inout SegmentLeases) -> Value?) -> Value? {
        guard let slot = unsafe takeSlot() else { return nil }
        let clearCount = clearCount.load(ordering: .sequentiallyConsistent)
        guard !isClosed.load(ordering: .sequentiallyConsistent) else {
            unsafe slot.pointee.giveBack()
            return nil
        }
        if unsafe slot.pointee.clearCount != clearCount {
            // Others found it taken, and left that to whoever has it.
            unsafe slot.pointee.leases.release()
            unsafe slot.pointee.clearCount = clearCount
        }
        let value = unsafe body(&slot.pointee.leases)
        unsafe slot.pointee.giveBack()
        if self.clearCount.load(ordering: .sequentiallyConsistent) != clearCount {
            _ = unsafe Self.clear(slot)
        }
        return value
    }

    /// Lets go of all that is kept, as what it was made of is deleted or replaced.
    func clear() {
        clearCount.add(1, ordering: .sequentiallyConsistent)
        unsafe forEachSlot { slot in _ = unsafe Self.clear(slot) }
    }

    /// Has nothing kept while `body` runs, so that no read holds a segment but one that is under
    /// way.
    func withoutLeases<Value>(
        _ body: () throws(LogError) -> Value
    ) throws(LogError) -> Value {
        isClosed.store(true, ordering: .sequentiallyConsistent)
        defer { isClosed.store(false, ordering: .sequentiallyConsistent) }
        clearCount.add(1, ordering: .sequentiallyConsistent)
        unsafe forEachSlot { slot in
            var patience = Self.patience
            while unsafe !Self.clear(slot), patience > 0 { patience -= 1 }
        }
        return try body()
    }

    /// - Returns: false when somebody has the slot.
    private static func clear(_ slot: UnsafeMutablePointer<Slot>) -> Bool {
        guard unsafe slot.pointee.take() else { return false }
        unsafe slot.pointee.leases.release()
        unsafe slot.pointee.giveBack()
        return true
    }

    private func forEachSlot(_ body: (UnsafeMutablePointer<Slot>) -> Void) {
        if let slot = unsafe single.load(ordering: .acquiring) { unsafe body(slot) }
        guard let slots = unsafe crowd.load(ordering: .acquiring) else { return }
        for number in 0..<Self.crowdCount { unsafe body(slots + number) }
    }

    private func takeSlot() -> UnsafeMutablePointer<Slot>? {
        if let slots = unsafe crowd.load(ordering: .acquiring) {
            return unsafe Self.take(oneOf: slots)
        }
        let slot = unsafe Self.slots(in: single, count: 1)
        if unsafe slot.pointee.take() { return unsafe slot }
        return unsafe Self.take(oneOf: Self.slots(in: crowd, count: Self.crowdCount))
    }

    /// The slot that this thread had before, if it is free, or one behind it.
    private static func take(
        oneOf slots: UnsafeMutablePointer<Slot>
    ) -> UnsafeMutablePointer<Slot>? {
        let first = threadNumber()
        for step in 0..<crowdCount {
            let slot = unsafe slots + (first &+ step) % crowdCount
            if unsafe slot.pointee.take() { return unsafe slot }
        }
        return nil
    }

    /// A number below `crowdCount`, as a rule the same for one thread each time: threads have
    /// stacks of their own, which lie far apart.
    private static func threadNumber() -> Int {
        var here: UInt8 = 0
        let place = unsafe withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) }
        // Fibonacci hashing: the factor is 2^64 divided by the golden ratio.
        return Int(((place >> 17) &* 0x9E37_79B9_7F4A_7C15) >> 32) % crowdCount
    }

    /// The slots that `place` names, made by whoever is first.
    private static func slots(
        in place: borrowing Atomic<UnsafeMutablePointer<Slot>?>, count: Int
    ) -> UnsafeMutablePointer<Slot> {
        if let slots = unsafe place.load(ordering: .acquiring) { return unsafe slots }
        let made = UnsafeMutablePointer<Slot>.allocate(capacity: count)
        for number in 0..<count { unsafe (made + number).initialize(to: Slot()) }
        let (isOurs, theirs) = unsafe place.compareExchange(
            expected: nil, desired: made, ordering: .acquiringAndReleasing)
        guard !isOurs, let theirs = unsafe theirs else { return unsafe made }
        unsafe free(made, count)
        return unsafe theirs
    }
}
