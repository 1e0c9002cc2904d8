import Foundation

/// The table of `docs/internals/differences.md`: which probes are meant to be answered otherwise.
struct DifferenceTable {
    private var rows: [Row] = []

    /// What the first cell of a row names.
    private struct Row {
        /// Names of probes, and of steps where a `/` and a number follow; `…` stands for anything.
        var names: [String] = []
        /// Fields of the answer, where only they differ.
        var fields: [String] = []
    }

    /// - Parameter areas: what names of probes begin with.
    init(areas: Set<String>) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appending(path: "docs/internals/differences.md"), encoding: .utf8)
        for line in page.split(separator: "\n") where line.hasPrefix("| ") {
            let cell = line.split(separator: "|", maxSplits: 1)[0]
            let row = Self.row(String(cell), areas)
            if !row.names.isEmpty { rows.append(row) }
        }
    }

    /// Words in backticks are names, numbers that take the place of the last one's number, or
    /// fields; `to` between two numbers means those between them, too.
    private static func row(_ cell: String, _ areas: Set<String>) -> Row {
        var row = Row()
        let parts = cell.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
        for (place, word) in parts.enumerated() where place % 2 == 1 {
            let stem = row.names.last.map { $0.split(separator: "/").dropLast() } ?? []
            let prefix = stem.joined(separator: "/") + "/"
            if areas.contains(where: { word == $0 || word.hasPrefix($0 + "/") }) {
                row.names.append(word)
            } else if let number = Int(word) {
                let last = row.names.last?.split(separator: "/").last.flatMap { Int($0) }
                let isRange = parts[place - 1] == " to "
                let first = isRange ? last.map { $0 + 1 } ?? number : number
                row.names += (min(first, number)...number).map { prefix + "\($0)" }
            } else {
                row.fields.append(word)
            }
        }
        return row
    }

    /// Whether a probe is meant to be answered as it is.
    func explains(_ miss: ProbeScore.Miss) -> Bool {
        rows.contains { row in
            guard row.names.contains(where: { Self.matches(miss.probe, $0) }) else { return false }
            return row.fields.isEmpty || row.fields.contains { miss.difference.contains("." + $0) }
        }
    }

    /// The names of an area that none of its misses bears.
    func names(of area: String, withoutAnyOf misses: [ProbeScore.Miss]) -> [String] {
        rows.flatMap(\.names).filter { name in
            name.split(separator: "/").first.map(String.init) == area
                && !misses.contains { Self.matches($0.probe, name) }
        }
    }

    /// Whether a probe, or the probe that a step is of, bears a name.
    private static func matches(_ probe: String, _ name: String) -> Bool {
        let parts = name.split(separator: "…", omittingEmptySubsequences: false)
        guard let first = parts.first, probe.hasPrefix(first) else { return false }
        var rest = probe.dropFirst(first.count)
        for part in parts.dropFirst() {
            guard !part.isEmpty else { return true }
            guard let found = rest.range(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return rest.isEmpty || rest.hasPrefix("/") || name.split(separator: "/").count == 1
    }
}
