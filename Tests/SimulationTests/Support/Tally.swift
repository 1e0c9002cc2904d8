import Testing

/// Counts what was looked at, and stops a run that fails everywhere after a few examples.
struct Tally {
    var states = 0
    /// States that were opened; equal ones are opened once.
    var judged = 0
    private(set) var faults = 0

    var isHopeless: Bool { faults >= 5 }

    mutating func record(_ fault: String, _ label: String) {
        faults += 1
        Issue.record("\(label): \(fault)")
    }

    func report(_ what: String, _ elapsed: Duration) {
        let (seconds, attoseconds) = elapsed.components
        let time = Double(seconds) + Double(attoseconds) / 1e18
        let rate = Int(Double(judged) / max(time, 0.001))
        RunLength.report(
            "\(what): \(states) states, \(judged) judged, \(rate) a second, \(faults) faults")
        #expect(judged > 0, "nothing was looked at")
    }
}
