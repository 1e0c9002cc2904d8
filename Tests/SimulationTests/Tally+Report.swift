import Testing
import VarveProof

extension Tally {
    /// Fails the test for each example, and for a run that looked at nothing.
    func report(_ what: String, _ elapsed: Duration) {
        let rate = Int(Double(judged) / max(elapsed.seconds, 0.001))
        RunLength.report(
            "\(what): \(states) states, \(judged) judged, \(rate) a second, \(faults) faults")
        for example in examples { Issue.record("\(example.label): \(example.what)") }
        #expect(judged > 0, "nothing was looked at")
    }
}
