internal import CVarve

/// Where threads sleep until something changed. Look at `seen` first, then at the condition, then
/// wait: a change in between is never missed.
///
///     while true {
///         let seen = gate.seen
///         if isDone() { return }
///         gate.wait(unlessOpenedSince: seen)
///     }
///
/// *Threads*: any.
@safe
package final class Gate: @unchecked Sendable {
    // @unchecked: the pointer never changes, and what it points to is made of C atomics.
    private let gate: OpaquePointer

    package init() {
        guard let made = unsafe varve_gate_make() else { preconditionFailure("no memory") }
        unsafe gate = made
    }

    deinit { unsafe varve_gate_free(gate) }

    /// How often the gate was opened.
    package var seen: UInt32 { unsafe varve_gate_now(gate) }

    /// Wakes everybody who waits. Costs no system call when nobody does.
    package func open() { unsafe varve_gate_open(gate) }

    /// Wakes one of those who wait, and lets in whoever was about to.
    package func openToOne() { unsafe varve_gate_open_to_one(gate) }

    /// Sleeps until the gate was opened after `seen` was taken, or `limit` has passed. It may
    /// return early.
    package func wait(unlessOpenedSince seen: UInt32, for limit: Duration? = nil) {
        let nanoseconds = limit.map { max(0, $0.wholeNanoseconds) } ?? -1
        unsafe varve_gate_wait(gate, seen, nanoseconds)
    }
}

extension Duration {
    /// The duration in nanoseconds, held at the ends of the range.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, sumOverflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return sumOverflow ? (seconds < 0 ? .min : .max) : sum
    }
}
