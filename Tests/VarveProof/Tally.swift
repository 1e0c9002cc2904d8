/// Counts what was looked at and what was found, and keeps the first examples.
package struct Tally {
    /// Something that must not be, and how to see it again.
    package struct Violation: Hashable {
        package var what: String
        /// What leads there: pasted into a test or a command line it plays the same again.
        package var label: String
    }

    /// How many examples are kept.
    package static let exampleCountMax = 5

    /// What was made, equal ones too.
    package var states = 0
    /// What was judged; equal states are judged once.
    package var judged = 0
    package private(set) var faults = 0
    /// A remark for the table.
    package var note = ""
    package private(set) var examples: [Violation] = []

    package init() {}

    /// Whether a run that goes on would only find more of the same.
    package var isHopeless: Bool { faults >= Self.exampleCountMax }

    package mutating func record(_ fault: String, _ label: String) {
        faults += 1
        guard examples.count < Self.exampleCountMax else { return }
        examples.append(Violation(what: fault, label: label))
    }

    package mutating func add(_ other: Tally) {
        states += other.states
        judged += other.judged
        faults += other.faults
        examples += other.examples.prefix(max(0, Self.exampleCountMax - examples.count))
    }
}
