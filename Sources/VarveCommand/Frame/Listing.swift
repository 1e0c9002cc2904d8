/// Rows of an answer: for people a table, with `--json` an object for each.
struct Listing {
    private let console: Console
    private var table: TextTable
    private(set) var count = 0

    init(_ heads: [String], on console: Console) {
        (self.console, table) = (console, TextTable(heads))
    }

    /// Takes a row in both shapes. An object is printed at once.
    mutating func add(_ cells: [String], _ object: JSON) throws(CommandError) {
        count += 1
        guard !console.isJSON else { return try console.output.line(object) }
        table.add(cells)
    }

    /// Prints the table, if it has rows.
    func end() throws(CommandError) {
        guard !console.isJSON, count > 0 else { return }
        try table.print(to: console)
    }
}

extension TextTable {
    func print(to console: Console, indent: String = "") throws(CommandError) {
        for line in lines { try console.output.line(indent + line) }
    }
}

/// A cell of a table for something that may be missing.
func cell(_ value: (some CustomStringConvertible)?) -> String {
    guard let text = value?.description, !text.isEmpty else { return "-" }
    return text
}

extension JSON {
    static func number(ifAny number: (some BinaryInteger)?) -> JSON {
        number.map { .number(Int64($0)) } ?? .null
    }

    static func text(ifAny text: String?) -> JSON { text.map { .text($0) } ?? .null }
}
