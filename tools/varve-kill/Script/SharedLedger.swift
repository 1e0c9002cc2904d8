internal import CFault

/// Events in memory that this process shares with its children, so that they outlive a child.
///
/// *Threads*: one thread and one child at a time.
@safe
final class SharedLedger {
    private let ledger: OpaquePointer

    /// - Returns: nil when there is no memory.
    init?(countMax: Int = 1 << 12) {
        guard let ledger = unsafe fault_ledger_new(Int64(countMax)) else { return nil }
        unsafe self.ledger = ledger
    }

    func clear() { unsafe fault_ledger_clear(ledger) }

    func add(_ event: ScriptEvent) {
        let words = event.words
        unsafe fault_ledger_add(ledger, words)
    }

    var events: [ScriptEvent] {
        (0..<(unsafe fault_ledger_count(ledger))).compactMap { place in
            var words = [Int64](repeating: 0, count: 4)
            unsafe fault_ledger_get(ledger, place, &words)
            return ScriptEvent(words: words)
        }
    }
}
