/// The frame that Kafka's text checkpoints share: a line with the version 0, a line with the count
/// of rows, then one row a line.
///
/// *Source*: docs/formats/text-checkpoints.md.
enum CheckpointRows {
    static let version: Int32 = 0

    /// Hands each row to `take`, in order.
    ///
    /// The count line reserves no memory; it is held against the rows that are there.
    /// A file without a count line has no rows: Kafka makes its checkpoints empty.
    static func parse(
        _ bytes: [UInt8],
        _ take: (_ row: Range<Int>, _ lines: TextLines) throws(CheckpointDefect) -> Void
    ) throws(CheckpointDefect) {
        var lines = TextLines(bytes)
        guard let versionLine = lines.next() else { return }
        guard Int32(decimal: bytes[versionLine]) == version else {
            throw CheckpointDefect(
                line: 1, .version(found: lines.excerpt(versionLine), expected: "\(version)"))
        }
        guard let countLine = lines.next() else { return }
        let stated: Int32 = try lines.number("count", in: countLine)
        var found = 0
        while let row = lines.next() {
            try take(row, lines)
            found += 1
        }
        guard found == Int(stated) else {
            throw CheckpointDefect(line: 2, .rowCount(stated: Int64(stated), found: found))
        }
    }

    /// The two lines before the rows.
    static func header(count: Int) -> [UInt8] { Array("\(version)\n\(count)\n".utf8) }
}
