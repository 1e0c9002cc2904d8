import Foundation

/// The table of `docs/internals/counters.md`: what each count is to be.
struct CounterTable {
    struct Row: Hashable {
        var name: String
        /// What tests hold the code against: of an ordinary build, or of an optimised one.
        var count: String
    }

    private(set) var rows: [Row] = []

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appending(path: "docs/internals/counters.md"), encoding: .utf8)
        self.init(page)
    }

    /// Rows are lines that begin with a name in backticks. The second cell says what is counted,
    /// the third the count, and the fourth that of an optimised build where it is another one.
    init(_ page: String) {
        for line in page.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard cells.count >= 3 else { continue }
            let name = cells[0].trimmingCharacters(in: ["`"])
            #if DEBUG
                rows.append(Row(name: name, count: cells[2]))
            #else
                rows.append(Row(name: name, count: cells.count > 3 ? cells[3] : cells[2]))
            #endif
        }
    }

    subscript(name: String) -> String? { rows.first { $0.name == name }?.count }

    /// Whether what was counted is what a cell says. `≤ 1,200` allows anything up to that, and not
    /// less than three quarters of it: a bound that is far off bounds nothing. `below 1,200` is for
    /// what the turns of threads decide.
    static func allows(_ measured: String, in cell: String) -> Bool {
        if let most = bound(of: cell, behind: "≤ "), let count = number(measured) {
            return count <= most && count * 4 >= most * 3
        }
        if let most = bound(of: cell, behind: "below "), let count = number(measured) {
            return count < most
        }
        return measured == cell
    }

    private static func bound(of cell: String, behind word: String) -> Int? {
        cell.hasPrefix(word) ? number(String(cell.dropFirst(word.count))) : nil
    }

    private static func number(_ text: String) -> Int? {
        Int(text.filter { $0 != "," })
    }
}
