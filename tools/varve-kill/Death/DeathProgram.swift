internal import VarveBytes
internal import VarveLinux
internal import VarveSim
internal import VarveSystem
internal import VarveTerms

/// `varve-kill deaths`: lines of a proof for deaths at every call.
struct DeathProgram {
    private var directory = ""
    private var place = ""
    private var duration = Duration.seconds(60)
    private var seed: UInt64 = 1
    /// Every how many-th case is tried, for a slice that is over soon.
    private var stride = 1
    private var replay: DeathSearch.Case?
    private let clock = LinuxClock()
    private var violationCount = 0

    static let usage = """
        usage: varve-kill deaths DIRECTORY [--for SECONDS] [--seed N] [--stride N] [--name TEXT]
                          [--case SCRIPT:CALL:MOMENT[:CALL:MOMENT]]

        """

    init?(parsing words: [String]) {
        guard let first = words.first, !words.count.isMultiple(of: 2) else { return nil }
        directory = first
        for word in Swift.stride(from: 1, to: words.count, by: 2) {
            guard take(words[word], words[word + 1]) else { return nil }
        }
    }

    private mutating func take(_ name: String, _ value: String) -> Bool {
        let number = Int(value)
        switch name {
        case "--for":
            guard let number else { return false }
            duration = .seconds(number)
        case "--seed":
            guard let number, number >= 0 else { return false }
            seed = UInt64(number)
        case "--stride":
            guard let number, number > 0 else { return false }
            stride = number
        case "--name": place = value
        case "--case":
            guard let found = DeathSearch.Case(parsing: value) else { return false }
            replay = found
        default: return false
        }
        return true
    }

    /// - Returns: the exit code, as `KillProgram.run`.
    static func run(_ words: [String]) -> Int32 {
        guard var program = DeathProgram(parsing: words),
            let search = DeathSearch(in: program.directory)
        else {
            let bytes = Array(usage.utf8)
            try? LinuxStream.standardError.write(bytes.rawSpan)
            return 2
        }
        LinuxProcess.watchStopSignals()
        do {
            try program.run(search)
            // What a case that is played again leaves is there to be looked at.
            if program.replay == nil { try search.clean() }
        } catch {
            let bytes = Array("varve-kill: \(error)\n".utf8)
            try? LinuxStream.standardError.write(bytes.rawSpan)
            return 2
        }
        if LinuxProcess.stopSignal != nil { return 130 }
        return program.violationCount == 0 ? 0 : 1
    }

    private mutating func run(_ search: DeathSearch) throws {
        if let replay {
            try look(at: replay, search)
            return
        }
        let deadline = clock.now().advanced(by: duration)
        let cases = try runFirst(search, until: deadline)
        try runSecond(search, cases, until: deadline)
    }

    private func isTimeLeft(until deadline: Instant) -> Bool {
        clock.now() < deadline && LinuxProcess.stopSignal == nil && violationCount < 20
    }

    private func seconds(since start: Instant) -> Double {
        Double(clock.now().duration(since: start) / .microseconds(1)) / 1e6
    }

    /// One death at every moment of every call.
    private mutating func runFirst(
        _ search: DeathSearch, until deadline: Instant
    ) throws -> [DeathSearch.Case] {
        let start = clock.now()
        var cases: [DeathSearch.Case] = []
        var callCount = 0
        for script in search.scripts.indices {
            let plans = try search.plans(of: search.scripts[script])
            callCount += plans.last?.ordinal ?? 0
            cases += plans.map { DeathSearch.Case(script: script, first: $0) }
        }
        var line = ProofLine(
            row: "G3", what: "kill -9 at every call, \(place)", goal: cases.count, seed: seed)
        line.note = "\(search.scripts.count) programs, \(callCount) calls"
        cases = Swift.stride(from: 0, to: cases.count, by: stride).map { cases[$0] }
        for attempt in cases where isTimeLeft(until: deadline) {
            line.cases += 1
            line.violations += try look(at: attempt, search)
        }
        line.distinct = line.cases
        line.seconds = seconds(since: start)
        ProofLine.tell(line.text)
        return cases
    }

    /// A second death, at every moment of the recovery from the first; which of them first is the
    /// seed's choice.
    private mutating func runSecond(
        _ search: DeathSearch, _ cases: [DeathSearch.Case], until deadline: Instant
    ) throws {
        let start = clock.now()
        var generator = SplitMix64(seed: seed)
        var line = ProofLine(
            row: "G3", what: "kill -9 again in recovery, \(place)", goal: 100_000, seed: seed)
        var doneCount = 0
        for first in cases.shuffled(using: &generator) where isTimeLeft(until: deadline) {
            doneCount += 1
            let plans = try search.recoveryPlans(after: first)
            let chosen = Swift.stride(from: doneCount % stride, to: plans.count, by: stride)
            for number in chosen where isTimeLeft(until: deadline) {
                line.cases += 1
                var attempt = first
                attempt.second = plans[number]
                line.violations += try look(at: attempt, search)
            }
        }
        line.distinct = line.cases
        line.seconds = seconds(since: start)
        line.note = "after \(doneCount) of \(cases.count) first deaths"
        ProofLine.tell(line.text)
    }

    /// - Returns: how many promises were broken.
    @discardableResult
    private mutating func look(
        at attempt: DeathSearch.Case, _ search: DeathSearch
    ) throws -> Int {
        guard let fault = try search.fault(of: attempt) else { return 0 }
        violationCount += 1
        ProofLine.tell(
            ProofLine.violation(
                row: "G3", "\(search.scripts[attempt.script].name): \(fault)",
                replay: "tools/real-kills --case \(attempt)"))
        return 1
    }
}
