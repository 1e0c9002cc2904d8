/// What happened, in numbers.
struct PowerCutTally {
    var cases = 0
    /// What survived, as a number for each case: equal ones are the same case.
    var survivors: Set<UInt64> = []
    /// Cuts during the recovery from a cut.
    var secondCuts = 0
    /// Cuts after which acknowledged records were gone, under a policy that allows it.
    var cutsWithLoss = 0
    /// Cuts after which the file system could not be mounted.
    var mountFailures = 0
    /// Cuts after which it could be mounted once it was repaired.
    var repairs = 0
    /// Writes, flushes and marks that were recorded.
    var events = 0
    var lostSectors = 0
    private(set) var violations: [(text: String, replay: String)] = []

    mutating func note(_ violation: Violation, replay: String = "") {
        violations.append(("\(violation)", replay))
    }

    func line(options: PowerCutOptions, seconds: Double) -> ProofLine {
        let kind = options.disk.kind
        var line = ProofLine(
            row: "G2", what: "power cuts, \(kind)", goal: options.goal, seed: options.seed)
        line.cases = cases
        line.distinct = survivors.count
        line.seconds = seconds
        line.violations = violations.count
        line.note =
            "\(events) recorded events, \(lostSectors) sectors lost, \(secondCuts) cuts in recovery"
        if options.isControl {
            line.what = "power cuts, \(kind), page cache: must lose"
            line.note += ", records lost in \(cutsWithLoss)"
            // Cuts that never take anything would find no mistake either.
            if cases > 0, cutsWithLoss == 0 { line.violations += 1 }
        }
        if repairs > 0 { line.note += ", file system repaired after \(repairs)" }
        if mountFailures > 0 { line.note += ", not mountable after \(mountFailures)" }
        return line
    }
}
