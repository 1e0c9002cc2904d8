/// The table of proofs: what all programs counted, added up.
package struct ProofTable {
    package private(set) var lines: [ProofLine] = []
    package private(set) var violations: [ViolationLine] = []

    package init() {}

    package mutating func add(_ line: ProofLine) {
        if let place = lines.firstIndex(where: { ($0.row, $0.what) == (line.row, line.what) }) {
            lines[place].add(line)
        } else {
            lines.append(line)
        }
    }

    package mutating func add(_ violation: ViolationLine) { violations.append(violation) }

    /// Whether every case that was tried kept its promise.
    package var isSound: Bool { lines.allSatisfy { $0.violations == 0 } && violations.isEmpty }

    /// The rows in order; those of `rows` of which no program told are not reached.
    package func text(rows: [String]) -> String {
        var table = [["row", "what", "cases", "per s", "violations", "goal", "verdict"]]
        for row in rows {
            let lines = lines.filter { $0.row == row }
            if lines.isEmpty {
                table.append([row, "", "0", "", "", "", "not reached: nothing here runs it"])
            }
            for line in lines { table.append(Self.cells(of: line)) }
        }
        let widths = table[0].indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        return table.map { cells in
            cells.indices.map { column in
                let blanks = String(repeating: " ", count: widths[column] - cells[column].count)
                return (2...5).contains(column) ? blanks + cells[column] : cells[column] + blanks
            }
            .joined(separator: "  ").trimmingEnd + "\n"
        }
        .joined()
    }

    private static func cells(of line: ProofLine) -> [String] {
        let rate = line.distinct / max(1, Int(line.seconds.rounded()))
        return [
            line.row, line.what, grouped(line.distinct), grouped(rate), grouped(line.violations),
            grouped(line.goal), verdict(on: line),
        ]
    }

    package static func verdict(on line: ProofLine) -> String {
        let note = line.note.isEmpty ? "" : ": \(line.note)"
        if line.violations > 0 { return "BROKEN\(note)" }
        if line.couldNotRun { return "not reached\(note)" }
        if line.distinct >= line.goal { return "passed\(note)" }
        let share = Double(line.distinct) * 100 / Double(line.goal)
        let text = share >= 1 ? "\(Int(share))" : "\(Double(Int(share * 1000)) / 1000)"
        return "\(text) % of the goal\(note)"
    }

    /// `1,234,567`.
    static func grouped(_ number: Int) -> String {
        var text = ""
        for (place, digit) in String(number).reversed().enumerated() {
            if place > 0, place % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return String(text.reversed())
    }
}

extension String {
    fileprivate var trimmingEnd: String {
        String(reversed().drop { $0 == " " }.reversed())
    }
}
