/// How much of a search is to be done.
package struct Effort: Sendable {
    package var deadline: Deadline
    package var seed: UInt64 = 1
    /// Of `shardCount` processes that share the cases this is number `shard`.
    package var shard = 0
    package var shardCount = 1

    package init(until deadline: Deadline) { self.deadline = deadline }

    /// Whether a case, or a group of them, is this process's.
    package func takes(_ number: Int) -> Bool { number % shardCount == shard }
}

/// What makes one line of the table of proofs.
package protocol ProofSearch: Sendable {
    /// `G4` and so on.
    var row: String { get }
    /// Its name in the labels of its cases.
    var key: String { get }
    /// What is tried, in a few words.
    var what: String { get }
    /// How many different cases are wanted.
    var goal: Int { get }
    /// Which part of the row's time it gets, against its siblings.
    var weight: Int { get }

    /// Tries cases until they or the time are used up. The label of a violation is what `fault`
    /// takes.
    func run(_ effort: Effort) throws -> Tally

    /// Plays one case again.
    /// - Returns: what is wrong; nil when nothing is.
    /// - Throws: `ReplayError` for a text that names no case.
    func fault(replaying label: String) throws -> String?
}

package struct ReplayError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

extension ProofSearch {
    package var weight: Int { 1 }

    /// Runs it and tells what came of it, violations first.
    package func lines(_ effort: Effort) -> (violations: [ViolationLine], line: ProofLine) {
        var line = ProofLine(row: row, what: what)
        (line.goal, line.seed) = (goal, effort.seed)
        var tally = Tally()
        do {
            tally = try run(effort)
        } catch {
            tally.record("the search ends with \(error)", "")
        }
        (line.cases, line.distinct) = (tally.states, tally.judged)
        (line.violations, line.note) = (tally.faults, tally.note)
        line.seconds = effort.deadline.elapsed.seconds
        let violations = tally.examples.map { example in
            ViolationLine(
                row: row, violation: example.what,
                replay: "tools/prove --replay '\(row)/\(key)/\(example.label)'")
        }
        return (violations, line)
    }
}
